// The same bytes give the same payload, trailers and end, however the network cuts them up; and a chunked body is what
// the strict grammar of tests/conformance says it is, or fails.
#include <string>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "tests/conformance/grammar.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

struct Decoded {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false, failed = false;
  Headers trailers;
};

// Feeds pieces of 1 to `longest` bytes.
Decoded decode_in_pieces(std::string_view bytes, Framing framing, std::uint64_t length, std::size_t longest) {
  BodyDecoder decoder;
  decoder.start(framing, length);
  Decoded out;
  std::size_t size = 1;
  while (!bytes.empty() && !decoder.done() && !decoder.failed()) {
    std::vector<std::string_view> spans;
    const std::string_view piece = bytes.substr(0, size);
    const std::size_t consumed = decoder.feed(piece, spans);
    for (const std::string_view span : spans) {
      require(span.data() >= piece.data() && span.data() + span.size() <= piece.data() + piece.size(),
              "payload spans lie in the bytes fed");
      out.payload.append(span);
    }
    require(consumed == piece.size() || decoder.done() || decoder.failed(), "bytes are left only at an end");
    out.consumed += consumed;
    bytes.remove_prefix(piece.size());
    size = size == longest ? 1 : size + 1;
  }
  out.done = decoder.finish();
  out.failed = decoder.failed();
  out.trailers = decoder.trailers();
  require(decoder.received() == out.payload.size(), "received() counts the payload");
  return out;
}

// The grammar knows no bound on extensions and trailers; what is short comes nowhere near ours.
void compare_with_grammar(std::string_view bytes, const Decoded& decoded) {
  if (bytes.size() > 4096) return;
  std::size_t consumed = 0;
  const conformance::Reading reading = conformance::read_chunked(bytes, consumed);
  require(decoded.done == reading.ok(), "a chunked body is whole where the grammar says so");
  require(!decoded.failed || !reading.ok(), "a chunked body fails only where the grammar has none");
  if (!reading.ok()) return;
  require(decoded.payload == reading.messages[0].body, "the payload is what the grammar reads");
  require(decoded.consumed == consumed, "a chunked body ends where the grammar says so");
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  constexpr Framing kFramings[] = {Framing::chunked, Framing::chunked, Framing::length, Framing::until_close};
  const Framing framing = kFramings[input.byte() % 4];
  const std::uint64_t length = input.byte();
  const std::string_view bytes = input.rest();
  const Decoded whole = decode_in_pieces(bytes, framing, length, bytes.size() + 1);
  if (framing == Framing::chunked) compare_with_grammar(bytes, whole);
  for (const std::size_t longest : {1u, 7u}) {
    const Decoded cut = decode_in_pieces(bytes, framing, length, longest);
    require(cut.failed == whole.failed && cut.done == whole.done, "a split changes no outcome");
    require(cut.payload == whole.payload, "a split changes no payload");
    require(cut.failed || (cut.consumed == whole.consumed && cut.trailers == whole.trailers), "a split moves no end");
  }
  return 0;
}
