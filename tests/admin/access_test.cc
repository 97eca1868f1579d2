#include "proxy/admin/access.h"

#include <gtest/gtest.h>

namespace truemirror {
namespace {

namespace ip = boost::asio::ip;

AccessRules loopback() { return {"127.0.0.1", ip::make_address("127.0.0.1"), 9901, std::nullopt}; }

unsigned status(const AccessRules& rules, const AccessRequest& request) {
  const auto refusal = rules.refusal(request);
  return refusal ? refusal->status : 200;
}

TEST(Access, LoopbackNamesWithOurPortAreServed) {
  for (const char* host : {"127.0.0.1:9901", "localhost:9901", "LOCALHOST:9901", "[::1]:9901", "127.1.2.3:9901"}) {
    EXPECT_EQ(status(loopback(), {.host = host, .origin = {}, .authorization = {}}), 200u) << host;
  }
}

TEST(Access, AnyOtherHostIsRefusedSoThatReboundNamesGetNothing) {
  for (const char* host : {"evil.example:9901", "127.0.0.1:80", "127.0.0.1", "localhost.evil.example:9901", "[::1]9901",
                           "[::1", "", ":9901", "10.0.0.1:9901", "127.0.0.1:9901x", "127.0.0.1:99011"}) {
    EXPECT_EQ(status(loopback(), {.host = host, .origin = {}, .authorization = {}}), 421u) << host;
  }
  EXPECT_EQ(status(loopback(), {}), 421u);
}

TEST(Access, AnOriginHasToBeOurs) {
  AccessRequest request{.host = "localhost:9901", .origin = "http://localhost:9901", .authorization = {}};
  EXPECT_EQ(status(loopback(), request), 200u);
  for (const char* origin : {"http://evil.example", "null", "", "https://localhost:9901", "http://127.0.0.1:9901"}) {
    request.origin = origin;
    EXPECT_EQ(status(loopback(), request), 403u) << origin;
  }
}

TEST(Access, TheTokenIsAskedForEverywhereButAtTheHealthRoutes) {
  const AccessRules rules("10.0.0.1", ip::make_address("10.0.0.1"), 9901, "0123456789abcdef");
  AccessRequest request{.host = "10.0.0.1:9901", .origin = {}, .authorization = {}};
  EXPECT_EQ(status(rules, request), 401u);
  for (const char* wrong :
       {"Bearer", "Bearer ", "Bearer 0123456789abcdeX", "Bearer 0123456789abcdef0", "0123456789abcdef"}) {
    request.authorization = wrong;
    EXPECT_EQ(status(rules, request), 401u) << wrong;
  }
  request.authorization = "bearer 0123456789abcdef";
  EXPECT_EQ(status(rules, request), 200u);
  EXPECT_EQ(status(rules, {.host = "10.0.0.1:9901", .origin = {}, .authorization = {}, .health = true}), 200u);
  EXPECT_EQ(status(rules, {.host = "localhost:9901", .origin = {}, .authorization = "Bearer 0123456789abcdef"}), 421u);
}

TEST(Access, BoundToAllAddressesAnyNameWillDoForTheTokenGuards) {
  const AccessRules rules("0.0.0.0", ip::make_address("0.0.0.0"), 9901, "0123456789abcdef");
  AccessRequest request{.host = "proxy.internal:9901", .origin = {}, .authorization = "Bearer 0123456789abcdef"};
  EXPECT_EQ(status(rules, request), 200u);
  request.authorization.reset();
  EXPECT_EQ(status(rules, request), 401u);
}

}  // namespace
}  // namespace truemirror
