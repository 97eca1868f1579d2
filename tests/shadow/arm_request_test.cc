// The bytes that an arm gets: framed as stable's were.
#include "proxy/shadow/arm_request.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

// All that goes out, without the mark.
std::string request_of(const Sample& sample, const HeaderEdits& edits = {}) {
  std::string head;
  std::string end;
  write_arm_request_head(sample, edits, "m", head);
  write_arm_request_end(sample, edits, end);
  const std::string mark = "X-Truemirror-Mark: m\r\n";
  head.erase(head.find(mark), mark.size());
  return head + sample.body.bytes + end;
}

Sample sample_of(const std::string& fields, const std::string& body, bool chunked) {
  Sample sample;
  sample.head = "POST /a HTTP/1.1\r\nHost: a\r\n" + fields;
  sample.body = Body(body);
  sample.framing.chunked = chunked;
  return sample;
}

TEST(ArmRequest, ABodyIsFramedAsStableGotIt) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: a\r\n";
  struct {
    std::string_view fields, body;
    bool chunked;
    std::string_view rest;
  } const cases[] = {
      {"", "", false, "\r\n"},
      {"Content-Length: 0\r\n", "", false, "Content-Length: 0\r\n\r\n"},
      {"Content-Length: 3\r\n", "abc", false, "Content-Length: 3\r\n\r\nabc"},
      {"", "", true, "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"", "0123456789abcdef!", true, "Transfer-Encoding: chunked\r\n\r\n11\r\n0123456789abcdef!\r\n0\r\n\r\n"},
  };
  for (const auto& each : cases) {
    const Sample sample = sample_of(std::string(each.fields), std::string(each.body), each.chunked);
    EXPECT_EQ(request_of(sample), head + std::string(each.rest));
  }
}

TEST(ArmRequest, TrailersGoAlongAndARoutesEditsHoldForThem) {
  Sample sample = sample_of("Trailer: X-Sum, X-Token\r\n", "abc", true);
  sample.framing.trailers = {{"X-Sum", "9"}, {"X-Token", "secret"}};
  EXPECT_TRUE(request_of(sample).ends_with("\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\nX-Token: secret\r\n\r\n"));
  HeaderEdits edits;
  edits.remove = {"x-token"};
  EXPECT_TRUE(request_of(sample, edits).ends_with("\r\n0\r\nX-Sum: 9\r\n\r\n"));
}

}  // namespace
}  // namespace truemirror
