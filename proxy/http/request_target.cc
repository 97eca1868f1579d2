#include "proxy/http/request_target.h"

#include "proxy/http/authority.h"

namespace truemirror {
namespace {

// absolute-form: the authority has to be the Host, what follows is the path (RFC 9112 §3.2.2).
HeadError split_absolute(RequestHead& head) {
  const std::string_view target = head.target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return HeadError::bad_target;
  if (!iequals(target.substr(0, scheme), "http") && !iequals(target.substr(0, scheme), "https"))
    return HeadError::bad_target;
  const std::string_view rest = target.substr(scheme + 3);
  const std::size_t slash = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, slash);
  if (!is_authority(authority) || (!head.host.empty() && !iequals(authority, head.host))) return HeadError::bad_host;
  if (head.host.empty()) head.host = authority;
  if (slash == std::string_view::npos) {
    head.path = head.method == "OPTIONS" ? "*" : "/";  // RFC 9112 §3.2.4
  } else {
    head.path = rest.substr(slash);
  }
  return head.path.front() == '?' ? HeadError::bad_target : HeadError::none;
}

}  // namespace

HeadError split_target(RequestHead& head) {
  head.path = head.target;
  if (head.method == "CONNECT") return is_authority_with_port(head.target) ? HeadError::none : HeadError::bad_target;
  if (head.target.front() == '/') return HeadError::none;
  if (head.target == "*") return head.method == "OPTIONS" ? HeadError::none : HeadError::bad_target;
  return split_absolute(head);
}

}  // namespace truemirror
