// Who may ask the admin server (design.md §13): checks of Host, Origin and token as values, no sockets. What a page of
// a foreign site can make a browser send is refused here: it arrives with a Host (DNS rebinding) or an Origin (CSRF)
// that is not ours. Immutable; any thread.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace truemirror {

// The name and the port of a Host field; the port is 80 where there is none. None where it is malformed.
struct HostField {
  std::string name;  // IPv6 without brackets
  std::uint16_t port = 80;
};
[[nodiscard]] std::optional<HostField> parse_host_field(std::string_view text);

// `localhost` or a loopback address.
[[nodiscard]] bool is_loopback_name(std::string_view name);

struct AccessRequest {
  std::optional<std::string_view> host, origin, authorization;
  bool health = false;  // asks for the health routes: no token
};

struct Refusal {
  unsigned status = 403;
  std::string why;
};

class AccessRules {
 public:
  AccessRules(std::string given_host, boost::asio::ip::address bound, std::uint16_t port,
              std::optional<std::string> token);

  // None: go on.
  [[nodiscard]] std::optional<Refusal> refusal(const AccessRequest& request) const;

 private:
  [[nodiscard]] bool host_is_ours(std::string_view host) const;
  [[nodiscard]] bool token_fits(std::optional<std::string_view> authorization) const;

  std::string given_host_;  // as the operator wrote it
  boost::asio::ip::address bound_;
  std::uint16_t port_;
  std::optional<std::string> token_;
};

}  // namespace truemirror
