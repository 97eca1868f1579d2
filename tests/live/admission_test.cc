#include "proxy/live/admission.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>
#include <vector>

namespace truemirror {
namespace {

sockaddr_storage peer(const std::string& address) {
  sockaddr_storage out{};
  sockaddr_in in{};
  sockaddr_in6 in6{};
  in.sin_family = AF_INET;
  in6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET, address.c_str(), &in.sin_addr) == 1) {
    std::memcpy(&out, &in, sizeof in);
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, address.c_str(), &in6.sin6_addr), 1) << address;
    std::memcpy(&out, &in6, sizeof in6);
  }
  return out;
}

constexpr Admission::Time kNow{};

TEST(Admission, CountsAnIPv4AddressInEitherFormAndAnIPv6HostByIts64) {
  const auto key = [](const std::string& address) { return Admission::address_of(peer(address)); };
  EXPECT_EQ(key("192.0.2.7"), key("::ffff:192.0.2.7"));
  EXPECT_NE(key("192.0.2.7"), key("192.0.2.8"));
  EXPECT_EQ(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
}

TEST(Admission, LetsInUpToItsLimitAndAgainWhenAPlaceIsGivenBack) {
  LiveLimits limits;
  limits.connections = 2;
  Admission admission(limits);
  std::vector<Admission::Place> places;
  for (int i = 0; i < 2; ++i) places.push_back(admission.enter(peer("192.0.2.7"), kNow).place);
  EXPECT_EQ(admission.enter(peer("192.0.2.8"), kNow).hit, Limit::connections);
  EXPECT_EQ(admission.open(), 2u);
  places.pop_back();
  EXPECT_FALSE(admission.enter(peer("192.0.2.8"), kNow).hit);
  EXPECT_EQ(admission.open(), 1u);  // that place is given back already
}

TEST(Admission, OneAddressCannotTakeAllPlaces) {
  LiveLimits limits;
  limits.connections_per_address = 1;
  Admission admission(limits);
  const auto first = admission.enter(peer("192.0.2.7"), kNow);
  EXPECT_EQ(admission.enter(peer("::ffff:192.0.2.7"), kNow).hit, Limit::connections_per_address);
  const auto other = admission.enter(peer("192.0.2.8"), kNow);
  EXPECT_FALSE(other.hit);
  EXPECT_EQ(admission.open(), 2u);
}

TEST(Admission, LetsFewerInForAWhileAfterDescriptorsRanOut) {
  LiveLimits limits;
  limits.connections = 100;
  Admission admission(limits);
  std::vector<Admission::Place> places;
  for (int i = 0; i < 16; ++i) places.push_back(admission.enter(peer("192.0.2.7"), kNow).place);
  admission.out_of_descriptors(kNow);
  EXPECT_EQ(admission.enter(peer("192.0.2.7"), kNow).hit, Limit::connections);
  places.resize(13);
  EXPECT_FALSE(admission.enter(peer("192.0.2.7"), kNow).hit);
  places.push_back(admission.enter(peer("192.0.2.7"), kNow).place);
  EXPECT_EQ(admission.enter(peer("192.0.2.7"), kNow).hit, Limit::connections);
  EXPECT_FALSE(admission.enter(peer("192.0.2.7"), kNow + std::chrono::minutes(1)).hit);
}

TEST(Limits, ConnectionsFitIntoTheDescriptorsThatThereAre) {
  LiveLimits limits;
  EXPECT_EQ(connections_that_fit(limits, 1'000'000), 20'000u);
  EXPECT_EQ(connections_that_fit(limits, 20'256), 10'000u);
  EXPECT_EQ(connections_that_fit(limits, 256), 64u);
  EXPECT_EQ(kept_that_fit(limits, 1'000'000), 8'192u);
  EXPECT_EQ(kept_that_fit(limits, 20'256 + 5'000), 5'000u) << "what is left beside the clients'";
  EXPECT_EQ(kept_that_fit(limits, 256), 1u);
  limits.stable_connections = 1'000;
  EXPECT_EQ(connections_that_fit(limits, 20'256), 19'000u);
}

TEST(Limits, AThreadsShareIsRoundedUpAndOffStaysOff) {
  EXPECT_EQ(share_of(10, 4), 3u);
  EXPECT_EQ(share_of(0, 4), 0u);
  EXPECT_TRUE(exceeds(11, 10));
  EXPECT_FALSE(exceeds(11, 0));
}

}  // namespace
}  // namespace truemirror
