// Whatever head is accepted is accepted again as it is forwarded, and read the same: the next hop sees the message that
// we saw, and the strict grammar of tests/conformance reads it as well. And a head that arrives in two pieces is the
// head that arrives in one.
#include <string>
#include <utility>
#include <vector>

#include "proxy/http/head_scanner.h"
#include "proxy/http/head_writer.h"
#include "tests/conformance/grammar.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

constexpr HeadLimits kRoomForOurFields{.max_head_bytes = 64u << 10, .max_target_bytes = 8u << 10, .max_fields = 300};

bool is_ours(std::string_view name) {
  for (const std::string_view ours : {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "host", "date",
                                      "content-length", "x-truemirror-mark", "x-truemirror-passed"}) {
    if (iequals(name, ours)) return true;
  }
  return false;
}

// A body for a head that wants one: the grammar judges whole messages.
std::string some_body(Framing framing, std::uint64_t length) {
  if (framing == Framing::chunked) return "1\r\nx\r\n0\r\n\r\n";
  return framing == Framing::length && length < 4096 ? std::string(length, 'x') : "";
}

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

Fields forwarded(const HeadBase& head) {
  Fields out;
  for (const FieldLine& field : head.fields) {
    if (!is_ours(field.name) && !head.is_hop_by_hop(field)) out.emplace_back(field.name, field.value);
  }
  return out;
}

void request(std::string_view bytes, std::size_t split) {
  HeadScanner scanner;
  RequestHead head;
  const ScanResult result = scanner.scan(bytes, head);
  HeadScanner pieces;
  RequestHead pieced;
  ScanResult again = pieces.scan(bytes.substr(0, split), pieced);
  if (again == ScanResult::need_more) again = pieces.scan(bytes, pieced);
  require(again == result && (result != ScanResult::complete || pieced.size == head.size), "a split changes nothing");
  if (result != ScanResult::complete) return;

  std::string written;
  ForwardingFacts facts;
  facts.client_address = "192.0.2.1";
  facts.authority = "shop.example";
  facts.pseudonym = "us";
  const PassKey passes({1, 2});
  facts.passes = &passes;
  write_request_head(head, facts, written);
  if (head.framing == Framing::chunked) written.append("Transfer-Encoding: chunked\r\n");
  written.append("\r\n");
  HeadScanner next_hop(kRoomForOurFields);
  RequestHead seen;
  require(next_hop.scan(written, seen) == ScanResult::complete, "a forwarded request head is accepted");
  require(seen.size == written.size(), "a forwarded request head ends where it was ended");
  require(seen.method == head.method && seen.target == head.path, "the request line is forwarded");
  const conformance::Reading strict =
      conformance::read_requests(written + some_body(head.framing, head.content_length));
  require(strict.ok() || (head.content_length >= 4096 && strict.ran_out), "a forwarded request passes the grammar");
  require(seen.host == (head.host.empty() ? "shop.example" : head.host), "the host is forwarded");
  require(seen.framing == head.framing && seen.content_length == head.content_length, "a request keeps its framing");
  require(forwarded(seen) == forwarded(head), "a request keeps its fields");
}

void response(std::string_view bytes, std::string_view method) {
  HeadScanner scanner(HeadLimits{.max_fields = 256});
  ResponseHead head;
  if (scanner.scan(bytes, head, method) != ScanResult::complete) return;
  ResponseFacts facts;
  facts.pseudonym = "us";
  if (head.framing == Framing::chunked) facts.framing = ClientFraming::chunked;
  if (head.framing == Framing::until_close) facts.framing = ClientFraming::until_close;
  facts.close = head.framing == Framing::until_close;
  std::string written;
  if (head.status < 200) {
    write_interim_head(head, written);
  } else {
    write_response_head(head, facts, written);
  }
  HeadScanner client(kRoomForOurFields);
  ResponseHead seen;
  require(client.scan(written, seen, method) == ScanResult::complete, "a forwarded response head is accepted");
  const conformance::Reading strict = conformance::read_responses(
      written + some_body(head.framing, head.content_length), {std::string(method)}, facts.close);
  require(strict.ok() || (head.content_length >= 4096 && strict.ran_out), "a forwarded response passes the grammar");
  require(seen.size == written.size() && seen.status == head.status, "a forwarded response head is the same");
  // A 1xx or a 204 loses the length that it may not have.
  const bool no_length = head.status < 200 || head.status == 204;
  require(seen.framing == head.framing && seen.content_length == (no_length ? 0 : head.content_length),
          "a response keeps its framing");
  require(forwarded(seen) == forwarded(head), "a response keeps its fields");
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  truemirror::FuzzInput input(data, size);
  const unsigned split = input.byte();
  truemirror::request(input.rest(), split);
  truemirror::response(input.rest(), split % 2 == 0 ? "GET" : "HEAD");
  return 0;
}
