#include "proxy/http/request_target.h"

#include "proxy/http/authority.h"

namespace truemirror {
namespace {

// absolute-form: its authority is the host, whatever Host says, and what follows is the path (RFC 9112 §3.2.2).
HeadError split_absolute(RequestHead& head) {
  const std::string_view target = head.target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return HeadError::bad_target;
  if (!iequals(target.substr(0, scheme), "http") && !iequals(target.substr(0, scheme), "https"))
    return HeadError::bad_target;
  const std::string_view rest = target.substr(scheme + 3);
  const std::size_t slash = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, slash);
  if (!is_authority(authority)) return HeadError::bad_host;
  head.host = authority;
  if (slash == std::string_view::npos) {
    head.path = head.method == "OPTIONS" ? "*" : "/";  // RFC 9112 §3.2.4
  } else {
    head.path = rest.substr(slash);
  }
  if (head.path.front() == '?') head.path = head.made_path.assign("/").append(head.path);  // RFC 9112 §3.2.1
  return HeadError::none;
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
