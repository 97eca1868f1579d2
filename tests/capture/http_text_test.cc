#include "capture/http_text.h"

#include <gtest/gtest.h>

#include <string>

namespace truemirror {
namespace {

// Design.md invariant 8 for replay: what a file holds is sent to a candidate, whoever wrote the file.
TEST(HttpText, ARequestThatTwoParsersCouldReadDifferentlyIsNoRequest) {
  Request request;
  EXPECT_TRUE(parse_request_text("GET /a HTTP/1.1\r\nHost: a\r\nX-Odd: \tcaf\xe9 \r\n\r\n", request));
  for (const char* text : {"GET /a HTTP/1.1\r\nX-Odd: a\r\r\rX-Smuggled: yes\r\n\r\n",
                           "GET /a HTTP/1.1\r\nX-Odd: a\nX-Smuggled: yes\r\n\r\n", "GET /a\rb HTTP/1.1\r\n\r\n",
                           "GET /a\tb HTTP/1.1\r\n\r\n", "G\x01T /a HTTP/1.1\r\n\r\n",
                           "GET /a HTTP/1.1\r\nX Odd: a\r\n\r\n", "GET /a HTTP/1.1\r\nX-Odd\t: a\r\n\r\n"}) {
    EXPECT_FALSE(parse_request_text(text, request)) << text;
  }
}

TEST(HttpText, WhatIsWrittenReadsBack) {
  Request request;
  request.method = "GET\r\n";
  request.target = "/a b\x7f";
  request.headers = {{"X:Odd Name", "a\r\nb"}, {"[redacted:email:1a2b3c4d]", "c"}};
  std::string text;
  append_request_text(text, request);
  Request back;
  ASSERT_TRUE(parse_request_text(text, back)) << text;
  EXPECT_EQ(back.method, "GET%0D%0A");
  EXPECT_EQ(back.target, "/a%20b%7F");
  EXPECT_EQ(back.headers[0].name, "X_Odd_Name");
  EXPECT_EQ(back.headers[0].value, "a  b");
}

}  // namespace
}  // namespace truemirror
