#include "proxy/http/known_header.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

TEST(KnownHeader, IsFoundInAnyCase) {
  EXPECT_EQ(known_header("content-length"), KnownHeader::content_length);
  EXPECT_EQ(known_header("CONTENT-LENGTH"), KnownHeader::content_length);
  EXPECT_EQ(known_header("X-Forwarded-Host"), KnownHeader::x_forwarded_host);
  EXPECT_EQ(known_header("x-CLIENT-subject"), KnownHeader::client_identity);
  EXPECT_EQ(known_header("hTTP2-Settings"), KnownHeader::http2_settings);
  EXPECT_EQ(known_header("tE"), KnownHeader::te);
}

TEST(KnownHeader, IsNothingOfItsNeighboursInTheTable) {
  for (const char* name : {"", "t", "hest", "content-lengths", "content-lengtH2", "x-forwarded-hosz", "dote",
                           "conteNt.length", "content~length", "x"}) {
    EXPECT_EQ(known_header(name), KnownHeader::other) << name;
  }
}

TEST(KnownHeader, UnderscoresAreAnotherNameButForThoseThatCgiConfuses) {
  EXPECT_EQ(known_header("Content_Length"), KnownHeader::framing_for_cgi);
  EXPECT_EQ(known_header("transfer_Encoding"), KnownHeader::framing_for_cgi);
  EXPECT_EQ(known_header("Client_Cert-Chain"), KnownHeader::client_identity);
  EXPECT_EQ(known_header("client-cert_chain"), KnownHeader::client_identity);
  EXPECT_EQ(known_header("X_Forwarded_For"), KnownHeader::other);
}

TEST(KnownHeader, IsKeptWithItsFieldAndOfTheWholeHead) {
  HeadScanner scanner;
  ResponseHead head;
  const std::string bytes = "HTTP/1.1 200 OK\r\nX: 1\r\nKEEP-alive:  timeout=5, max=100 \r\nDate: a\r\nDate: b\r\n\r\n";
  ASSERT_EQ(scanner.scan(bytes, head, "GET"), ScanResult::complete);
  EXPECT_EQ(head.fields[0].known, KnownHeader::other);
  EXPECT_EQ(head.fields[2].known, KnownHeader::date);
  EXPECT_EQ(head.get(KnownHeader::date), "a");
  EXPECT_TRUE(head.has(KnownHeader::keep_alive));
  EXPECT_EQ(head.keep_alive_terms, "timeout=5, max=100");
  EXPECT_FALSE(head.has(KnownHeader::via));
  EXPECT_EQ(head.get(KnownHeader::via), std::nullopt);
  // Nothing of one message is left for the next.
  ASSERT_EQ(scanner.scan("HTTP/1.1 204 No Content\r\n\r\n", head, "GET"), ScanResult::complete);
  EXPECT_FALSE(head.has(KnownHeader::date));
  EXPECT_EQ(head.keep_alive_terms, "");
}

}  // namespace
}  // namespace truemirror
