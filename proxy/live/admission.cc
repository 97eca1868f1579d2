#include "proxy/live/admission.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace truemirror {
namespace {

constexpr std::chrono::seconds kLoweredFor{10};

// An IPv6 prefix of all ones is multicast and never a peer's.
std::uint64_t ipv4_key(std::uint32_t address) { return 0xffffffff'00000000u | address; }

}  // namespace

std::uint64_t Admission::address_of(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &peer, sizeof in);
    return ipv4_key(in.sin_addr.s_addr);
  }
  sockaddr_in6 in6{};
  std::memcpy(&in6, &peer, sizeof in6);
  std::uint64_t prefix = 0;
  if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
    std::uint32_t mapped = 0;
    std::memcpy(&mapped, in6.sin6_addr.s6_addr + 12, sizeof mapped);
    return ipv4_key(mapped);
  }
  std::memcpy(&prefix, in6.sin6_addr.s6_addr, sizeof prefix);
  return prefix;
}

void Admission::out_of_descriptors(Time now) {
  const std::size_t open = open_.load(std::memory_order_relaxed);
  lowered_.store(std::max<std::size_t>(1, open - open / 8), std::memory_order_relaxed);
  lowered_until_.store(now + kLoweredFor, std::memory_order_relaxed);
}

std::size_t Admission::limit_at(Time now) const {
  if (now >= lowered_until_.load(std::memory_order_relaxed)) return limit_;
  return std::min(limit_, lowered_.load(std::memory_order_relaxed));
}

Admission::Answer Admission::enter(const sockaddr_storage& peer, Time now) {
  Answer out;
  if (open_.fetch_add(1, std::memory_order_relaxed) >= limit_at(now)) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    out.hit = Limit::connections;
    return out;
  }
  const std::uint64_t address = address_of(peer);
  if (per_address_ != 0) {
    const std::lock_guard lock(mutex_);
    std::size_t& open = by_address_[address];
    if (open >= per_address_) {
      open_.fetch_sub(1, std::memory_order_relaxed);
      out.hit = Limit::connections_per_address;
      return out;
    }
    ++open;
  }
  out.place = Place(this, address);
  return out;
}

void Admission::leave(std::uint64_t address) {
  open_.fetch_sub(1, std::memory_order_relaxed);
  if (per_address_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto at = by_address_.find(address);
  if (--at->second == 0) by_address_.erase(at);
}

}  // namespace truemirror
