#include "proxy/upstream/destination.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <filesystem>
#include <future>
#include <memory>
#include <system_error>
#include <thread>

namespace truemirror {
namespace {

namespace ip = boost::asio::ip;

ip::address usual_spelling(ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  if (address.is_unspecified() || address == ip::address(ip::address_v6::loopback())) {
    return ip::address_v4::loopback();
  }
  return address;
}

std::string followed(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(path, unknown);
  return unknown ? path : whole.string();
}

// Blocks for as long as the system's resolver takes.
std::vector<Destination> look_up(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  std::vector<Destination> all;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    ip::udp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    Destination at{usual_spelling(endpoint.address()).to_string(), port};
    if (std::find(all.begin(), all.end(), at) == all.end()) all.push_back(std::move(at));
  }
  return all;
}

// A look-up cannot be interrupted: one that outlasts its caller's patience ends on a thread of its own, which holds
// nothing but its values, and its result is nobody's.
std::future<std::vector<Destination>> look_up_aside(const UpstreamUrl& url) {
  std::packaged_task<std::vector<Destination>()> task(
      [host = url.host, port = url.port] { return look_up(host, port); });
  std::future<std::vector<Destination>> result = task.get_future();
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error&) {
    return {};  // no thread to be had: as a name that cannot be resolved
  }
  return result;
}

}  // namespace

std::string to_string(const Destination& at) {
  return at.port == 0 ? "unix:" + at.host : to_string(HostPort{at.host, at.port});
}

std::vector<Destination> destination_of(const std::string& host, std::uint16_t port) {
  boost::system::error_code not_numeric;
  const ip::address address = ip::make_address(host, not_numeric);
  if (not_numeric) return {};
  return {{usual_spelling(address).to_string(), port}};
}

std::vector<std::vector<Destination>> destinations(std::span<const UpstreamUrl> urls, std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  std::vector<std::vector<Destination>> all(urls.size());
  std::vector<std::future<std::vector<Destination>>> waiting(urls.size());
  for (std::size_t at = 0; at < urls.size(); ++at) {
    const UpstreamUrl& url = urls[at];
    all[at] = url.scheme == UpstreamUrl::Scheme::unix_socket ? std::vector<Destination>{{followed(url.socket_path), 0}}
                                                             : destination_of(url.host, url.port);
    if (all[at].empty()) waiting[at] = look_up_aside(url);
  }
  for (std::size_t at = 0; at < urls.size(); ++at) {
    if (waiting[at].valid() && waiting[at].wait_until(until) == std::future_status::ready) all[at] = waiting[at].get();
  }
  return all;
}

// Binding is what the system itself decides by; nothing is sent, and no port is taken.
bool is_local(const Destination& at) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(at.host, error);
  if (error) return false;
  const ip::udp::endpoint endpoint(address, 0);
  const int descriptor = ::socket(endpoint.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return address.is_loopback();
  const bool bound = ::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0;
  ::close(descriptor);
  return bound;
}

}  // namespace truemirror
