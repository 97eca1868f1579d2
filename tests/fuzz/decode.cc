// Content codings come off any bytes within the limit, or say why not; and what a body of any media class is compared
// as, it is compared with itself without a divergence.
#include <string>
#include <vector>

#include "diff/compare.h"
#include "diff/decode.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

constexpr std::size_t kLimit = 64u << 10;

Response response(std::string_view content_type, std::string_view coding, std::string_view body) {
  Response out;
  out.status = 200;
  out.headers.add("Content-Type", content_type);
  if (!coding.empty()) out.headers.add("Content-Encoding", coding);
  out.body = Body(std::string(body));
  return out;
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  constexpr std::string_view kCodings[] = {"gzip", "deflate", "br", "zstd", "gzip, br"};
  constexpr std::string_view kTypes[] = {"application/json",
                                         "application/x-ndjson",
                                         "application/x-www-form-urlencoded",
                                         "text/html",
                                         "application/xml",
                                         "text/plain; charset=utf-16",
                                         "text/event-stream",
                                         "multipart/form-data; boundary=b",
                                         "application/grpc",
                                         "application/x-protobuf",
                                         "text/plain",
                                         ""};
  FuzzInput input(data, size);
  const std::string_view coding = kCodings[input.byte() % std::size(kCodings)];
  const std::string_view type = kTypes[input.byte() % std::size(kTypes)];
  const std::string_view bytes = input.rest();

  Headers headers;
  headers.add("Content-Encoding", coding);
  const auto decoded = decode(bytes, content_codings(headers), kLimit);
  CompareOptions options;
  options.max_decoded_bytes = kLimit;
  const Response plain = response(type, "", decoded ? std::string_view(*decoded) : bytes);
  require(diff_responses({}, plain, plain, options, "").empty(), "a body equals itself");
  if (!decoded) {
    const Response same = response(type, coding, bytes);
    (void)diff_responses({}, plain, same, options, "");
    return 0;
  }
  require(decoded->size() <= kLimit, "decoding stays within its limit");
  for (const Divergence& divergence : diff_responses({}, plain, response(type, coding, bytes), options, "")) {
    require(!divergence.location.starts_with("body"), "a coding changes no body");
  }
  return 0;
}
