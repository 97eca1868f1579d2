// What a client that speaks HTTP/2 with prior knowledge (RFC 9113 §3.3) is told by a listener of HTTP/1.1, in its own
// words: a server's preface, and GOAWAY with HTTP_1_1_REQUIRED and a text that clients show.
#pragma once

#include <string_view>

namespace truemirror {

inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0";  // its first line

inline constexpr std::string_view kHttp2Refusal(
    "\x00\x00\x00\x04\x00\x00\x00\x00\x00"  // SETTINGS, of none (RFC 9113 §3.4, §6.5)
    "\x00\x00\x2a\x07\x00\x00\x00\x00\x00"  // GOAWAY, 8 bytes and 34 of text (§6.8)
    "\x00\x00\x00\x00\x00\x00\x00\x0d"      // no stream was taken; HTTP_1_1_REQUIRED (§7)
    "this listener speaks HTTP/1.1 only",
    9 + 9 + 8 + 34);

}  // namespace truemirror
