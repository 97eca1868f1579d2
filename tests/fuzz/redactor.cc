// Redaction of any target, headers and body: what is planted is gone, and what is redacted stays as it is when it is
// redacted again.
#include <string>
#include <utility>

#include "capture/redact.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

constexpr std::string_view kSecret = "Zq7hunter2Zq7";

const Redactor& redactor() {
  static const auto made = [] {
    RedactionOptions options;
    options.key = "0123456789abcdef0123456789abcdef";
    return make_redactor(std::move(options)).value();
  }();
  return *made;
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  constexpr std::string_view kTypes[] = {"application/json",
                                         "application/x-www-form-urlencoded",
                                         "text/plain",
                                         "multipart/form-data; boundary=b",
                                         "application/octet-stream",
                                         ""};
  FuzzInput input(data, size);
  const std::string_view type = kTypes[input.byte() % std::size(kTypes)];
  const std::string_view target_bytes = input.part();
  const std::string_view body_bytes = input.rest();

  const std::string target = redactor().target(target_bytes);
  require(redactor().target(target) == target, "a redacted target stays");

  Headers headers;
  headers.add("Content-Type", type);
  headers.add("Authorization", kSecret);
  headers.add("X-Note", target_bytes);
  const Headers safe = redactor().headers(headers);
  require(safe.get("Authorization")->find(kSecret) == std::string_view::npos, "a credential is gone");
  require(redactor().headers(safe) == safe, "redacted headers stay");

  const auto body = redactor().body(headers, Body(std::string(body_bytes)));
  require(!body.withheld || body.body.bytes.empty(), "what is withheld is not there");
  if (!body.withheld) {
    const auto again = redactor().body(headers, body.body);
    require(again.withheld || again.body.bytes == body.body.bytes, "a redacted body stays");
  }

  // A well-formed document around the input's text keeps nothing of a field that names a secret. (What the input itself
  // says of it stands in a field that names none.)
  std::string note;
  for (const char c : body_bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') note.push_back(c);
  }
  if (note.find(kSecret) != std::string::npos) return 0;
  const std::string json = "{\"note\":\"" + note + "\",\"password\":\"" + std::string(kSecret) + "\"}";
  Headers json_headers;
  json_headers.add("Content-Type", "application/json");
  const auto planted = redactor().body(json_headers, Body(json));
  require(planted.body.bytes.find(kSecret) == std::string::npos, "a planted secret is gone");
  return 0;
}
