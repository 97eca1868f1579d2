#include "proxy/upstream/url.h"

#include <boost/url/parse.hpp>
#include <charconv>

namespace truemirror {
namespace {

Problem wrong(std::string_view text, std::string_view why) {
  return {"'" + std::string(text) + "' is no upstream URL: " + std::string(why) +
          "; write http://HOST:PORT, https://HOST:PORT or unix:/PATH"};
}

std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  return host;
}

bool parse_port(std::string_view digits, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return !digits.empty() && error == std::errc{} && end == digits.data() + digits.size();
}

}  // namespace

std::string UpstreamUrl::authority() const {
  if (scheme == Scheme::unix_socket) return "localhost";
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool default_port = (scheme == Scheme::http && port == 80) || (scheme == Scheme::https && port == 443);
  return default_port ? name : name + ":" + std::to_string(port);
}

Result<UpstreamUrl> UpstreamUrl::parse(std::string_view text) {
  UpstreamUrl url;
  url.text = text;
  constexpr std::string_view kUnix = "unix:";
  if (text.substr(0, kUnix.size()) == kUnix) {
    url.scheme = Scheme::unix_socket;
    url.socket_path = text.substr(kUnix.size());
    if (url.socket_path.empty() || url.socket_path.front() != '/')
      return wrong(text, "the socket needs an absolute path");
    if (url.socket_path.size() > 107) return wrong(text, "a socket path may have 107 bytes");
    return url;
  }
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed || !parsed->has_authority()) return wrong(text, "it does not read as scheme://host:port");
  if (parsed->scheme() == "https") {
    url.scheme = Scheme::https;
    url.port = 443;
  } else if (parsed->scheme() != "http") {
    return wrong(text, "its scheme is '" + std::string(parsed->scheme()) + "'");
  }
  if (parsed->has_userinfo()) return wrong(text, "user data belongs in no URL here");
  if (parsed->has_query() || parsed->has_fragment() || parsed->encoded_path().size() > 1)
    return wrong(text, "it names a path; requests keep their own");
  url.host = without_brackets(std::string(parsed->encoded_host()));
  if (url.host.empty()) return wrong(text, "it names no host");
  if (parsed->has_port() &&
      (!parse_port(std::string_view(parsed->port().data(), parsed->port().size()), url.port) || url.port == 0))
    return wrong(text, "the port has to be 1 to 65535");
  return url;
}

Result<HostPort> parse_host_port(std::string_view text) {
  Problem problem{"'" + std::string(text) +
                  "' is no address to listen on; write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return problem;
  HostPort out;
  out.host = without_brackets(std::string(text.substr(0, colon)));
  if (out.host.find(':') != std::string::npos && text.front() != '[') return problem;
  if (!parse_port(text.substr(colon + 1), out.port)) return problem;
  return out;
}

std::string to_string(const HostPort& at) {
  const std::string host = at.host.find(':') == std::string::npos ? at.host : "[" + at.host + "]";
  return host + ":" + std::to_string(at.port);
}

}  // namespace truemirror
