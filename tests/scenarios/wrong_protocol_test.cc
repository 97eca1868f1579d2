// Clients that speak another protocol than the listener's, and how they are told.
#include <gtest/gtest.h>

#include <string>

#include "proxy/http/http2_refusal.h"
#include "tests/scenarios/proxy.h"
#include "tests/scenarios/socket.h"
#include "tests/scenarios/upstream.h"

namespace truemirror::testing {
namespace {

TEST(WrongProtocol, Http2WithPriorKnowledgeIsRefusedInItsOwnWords) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings);
  const std::string told = client.receive_all();
  EXPECT_EQ(told, kHttp2Refusal);
  EXPECT_EQ(told.substr(0, 9), settings);
  EXPECT_EQ(static_cast<std::size_t>(told[9 + 2]), told.size() - 18);  // GOAWAY is as long as it says
  EXPECT_EQ(proxy.live_stats().http2_clients, 1u);
  EXPECT_TRUE(stable.asked().empty());
}

TEST(WrongProtocol, TlsOnAPlainListenerIsRefusedInPlain) {
  Upstream stable(always(ok("x")));
  Proxy proxy(stable.url(), kNowhere, "", no_mirroring);
  Client client(proxy.port());
  client.send(std::string("\x16\x03\x01\x00\x55\x01", 6));
  const std::string told = client.receive_all();
  EXPECT_EQ(told.substr(0, 13), "HTTP/1.1 400 ") << told;
  EXPECT_NE(told.find("TLS, where plain HTTP was expected"), std::string::npos) << told;
  EXPECT_EQ(proxy.live_stats().tls_clients, 1u);
}

}  // namespace
}  // namespace truemirror::testing
