#include "proxy/admin/access.h"

#include <openssl/crypto.h>

#include <charconv>

#include "proxy/http/headers.h"

namespace truemirror {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> address_of(std::string_view text) {
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(text), error);
  return error ? std::nullopt : std::optional(address);
}

}  // namespace

std::optional<HostField> parse_host_field(std::string_view text) {
  HostField out;
  std::size_t name_end = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    out.name = text.substr(1, bracket - 1);
    name_end = bracket + 1 < text.size() ? bracket + 1 : std::string_view::npos;
    if (name_end != std::string_view::npos && text[name_end] != ':') return std::nullopt;
  } else {
    out.name = text.substr(0, name_end);
  }
  if (out.name.empty()) return std::nullopt;
  if (name_end == std::string_view::npos) return out;
  const std::string_view digits = text.substr(name_end + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

bool is_loopback_name(std::string_view name) {
  if (iequals(name, "localhost")) return true;
  const auto address = address_of(name);
  return address && address->is_loopback();
}

AccessRules::AccessRules(std::string given_host, ip::address bound, std::uint16_t port,
                         std::optional<std::string> token)
    : given_host_(std::move(given_host)), bound_(std::move(bound)), port_(port), token_(std::move(token)) {}

bool AccessRules::host_is_ours(std::string_view host) const {
  const auto field = parse_host_field(host);
  if (!field) return false;
  // Bound to all addresses there is no telling by which name we are reached; the token keeps foreign pages out.
  if (bound_.is_unspecified()) return token_.has_value();
  if (field->port != port_) return false;
  if (bound_.is_loopback() && is_loopback_name(field->name)) return true;
  return iequals(field->name, given_host_) || address_of(field->name) == bound_;
}

bool AccessRules::token_fits(std::optional<std::string_view> authorization) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization || !iequals(authorization->substr(0, kScheme.size()), kScheme)) return false;
  const std::string_view given = authorization->substr(kScheme.size());
  return given.size() == token_->size() && CRYPTO_memcmp(given.data(), token_->data(), given.size()) == 0;
}

std::optional<Refusal> AccessRules::refusal(const AccessRequest& request) const {
  if (!request.host || !host_is_ours(*request.host)) {
    return Refusal{421, "this Host is not served here; ask for the address that --admin names"};
  }
  if (request.origin && !iequals(*request.origin, "http://" + std::string(*request.host))) {
    return Refusal{403, "requests from pages of other origins are refused"};
  }
  if (token_ && !request.health && !token_fits(request.authorization)) {
    return Refusal{401, "send 'Authorization: Bearer TOKEN' with the token of the configuration"};
  }
  return std::nullopt;
}

}  // namespace truemirror
