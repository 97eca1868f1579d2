// A response read in pieces is the response read whole: head, payload, trailers, outcome. And where a strict grammar,
// which shares no code with the reader, reads one response, the reader reads that one.
#include <string>

#include "proxy/http/response_reader.h"
#include "tests/conformance/grammar.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

struct Seen {
  std::string payload;
  bool ended = false, failed = false, has_head = false, keeps = false;
  int status = 0;
  Headers headers, trailers;
};

Seen read(std::string_view bytes, std::string_view method, std::size_t piece) {
  ResponseReader reader{std::string(method)};
  Seen seen;
  for (; !bytes.empty() && !reader.failed(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.feed(bytes.substr(0, piece));
    for (const std::string_view span : reader.payload()) seen.payload.append(span);
  }
  require(seen.payload.size() == reader.received(), "received() counts the payload");
  seen.failed = reader.failed();
  seen.has_head = reader.has_head();
  seen.ended = !seen.failed && reader.finish();
  seen.keeps = reader.keeps_connection();
  if (!seen.has_head) return seen;
  seen.status = reader.response().status;
  seen.headers = reader.response().headers;
  seen.trailers = reader.trailers();
  return seen;
}

constexpr std::size_t kMostInterim = 16;  // that the reader takes

// The grammar knows no bounds; what is short comes nowhere near ours, but for the number of interim responses.
void compare_with_grammar(std::string_view bytes, std::string_view method, const Seen& seen) {
  if (bytes.size() > 1'000) return;
  const auto strict = conformance::read_responses(bytes, {std::string(method)}, true);
  const bool one = strict.ok() && !strict.switched && !strict.messages.empty() && strict.messages.back().status >= 200;
  if (!one || strict.messages.size() > kMostInterim + 1) return;
  const conformance::Message& message = strict.messages.back();
  require(seen.ended && seen.status == message.status, "a response of the grammar is read");
  require(seen.payload == message.body, "its payload is what the grammar reads");
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  const std::string_view method = input.byte() % 4 == 1 ? "HEAD" : "GET";
  const Seen whole = read(input.rest(), method, size + 1);
  compare_with_grammar(input.rest(), method, whole);
  for (const std::size_t piece : {1u, 5u}) {
    const Seen cut = read(input.rest(), method, piece);
    require(cut.failed == whole.failed && cut.ended == whole.ended, "a split changes no outcome");
    require(cut.has_head == whole.has_head && cut.status == whole.status, "a split changes no status");
    require(cut.headers == whole.headers && cut.payload == whole.payload, "a split changes no bytes");
    require(cut.failed || (cut.keeps == whole.keeps && cut.trailers == whole.trailers), "a split moves no end");
    require(whole.status == 0 || whole.status >= 200, "an interim response is no answer");
  }
  return 0;
}
