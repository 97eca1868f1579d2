#include "tests/scenarios/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "proxy/http/response_reader.h"

namespace truemirror::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace

Socket::Socket(int descriptor) : descriptor_(descriptor) {
  const timeval limit{10, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;  // what send() has taken is at the peer, not in Nagle's hands
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  close();
  descriptor_ = other.release();
  return *this;
}

Socket::~Socket() { close(); }

int Socket::release() { return std::exchange(descriptor_, -1); }

void Socket::close() {
  if (valid()) ::close(release());
}

Socket Socket::connect(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(socket.descriptor_, generic(address), sizeof address) != 0) throw std::runtime_error("connect failed");
  return socket;
}

Socket Socket::listen(std::uint16_t& port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.descriptor_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (::bind(socket.descriptor_, generic(address), sizeof address) != 0 || ::listen(socket.descriptor_, 512) != 0)
    throw std::runtime_error("listen failed");
  socklen_t size = sizeof address;
  ::getsockname(socket.descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  const timeval none{0, 0};  // a listener waits as long as its server lives
  ::setsockopt(socket.descriptor_, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
  return socket;
}

Socket Socket::accept() const {
  const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  return accepted < 0 ? Socket() : Socket(accepted);
}

bool Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Socket::receive() const {
  std::string bytes(64u << 10, '\0');
  const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  reset_ = got < 0 && errno == ECONNRESET;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string Socket::receive_until(std::string_view end) const {
  std::string all;
  for (char byte = 0; !std::string_view(all).ends_with(end) && ::recv(descriptor_, &byte, 1, 0) == 1;) all += byte;
  return all;
}

void Socket::shutdown_send() const { ::shutdown(descriptor_, SHUT_WR); }
void Socket::shutdown_both() const { ::shutdown(descriptor_, SHUT_RDWR); }

void Socket::reset_on_close() const {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::optional<Response> Client::receive(const std::string& method) {
  ResponseReader reader(method);
  std::string body;
  for (;;) {
    // Byte by byte: the reader takes no more than its response, and what follows stays for the next call.
    std::size_t taken = 0;
    while (taken < unread_.size() && !reader.done() && !reader.failed()) {
      reader.feed(std::string_view(unread_).substr(taken++, 1));
      for (std::string_view span : reader.payload()) body.append(span);
    }
    unread_.erase(0, taken);
    if (reader.failed()) return std::nullopt;
    if (reader.done()) break;
    unread_ = socket_.receive();
    if (unread_.empty()) {
      if (!reader.finish()) return std::nullopt;
      break;
    }
  }
  Response response = std::move(reader.response());
  response.body = Body(std::move(body));
  response.trailers = reader.trailers();
  return response;
}

std::optional<Response> Client::get(const std::string& target, const std::string& more_headers) {
  send("GET " + target + " HTTP/1.1\r\nHost: test\r\n" + more_headers + "\r\n");
  return receive("GET");
}

std::string Client::receive_all() {
  std::string all = std::exchange(unread_, {});
  for (std::string bytes = socket_.receive(); !bytes.empty(); bytes = socket_.receive()) all += bytes;
  return all;
}

}  // namespace truemirror::testing
