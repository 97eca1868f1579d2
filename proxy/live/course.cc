#include "proxy/live/course.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "proxy/http/head_writer.h"

namespace truemirror {
namespace {

// What a TRACE shows of the fields it came with: what tells of the way that it took, and nothing that could be a
// credential. A list of what to leave out would miss the next name that someone gives a token.
bool is_reflected(KnownHeader header) {
  switch (header) {
    case KnownHeader::host:
    case KnownHeader::via:
    case KnownHeader::max_forwards:
    case KnownHeader::user_agent:
    case KnownHeader::accept:
    case KnownHeader::expect:
      return true;
    default:
      return false;
  }
}

// Other ways to speak HTTP: every later request of the connection would go past all checks and the mirror in a tunnel.
constexpr std::array<std::string_view, 4> kNotUpgradedTo{"h2c", "h2", "http", "tls"};

bool is_another_http(std::string_view protocol) {
  return std::any_of(kNotUpgradedTo.begin(), kNotUpgradedTo.end(),
                     [protocol](std::string_view each) { return iequals(each, protocol); });
}

Course refuse(int status, std::string_view reason, std::string_view detail) {
  Course course;
  course.refused = status;
  course.reason = reason;
  course.detail = detail;
  return course;
}

// `host:port`, and no other host in Host (RFC 9112 §3.2.3, RFC 9110 §9.3.6).
bool is_authority_form(const RequestHead& head) {
  const std::string_view target = head.target;
  const std::size_t colon = target.rfind(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  unsigned port = 0;
  const char* const end = target.data() + target.size();
  const auto [at, error] = std::from_chars(target.data() + colon + 1, end, port);
  if (error != std::errc() || at != end || port == 0 || port > 65'535) return false;
  if (target.find_first_of("/?@") != std::string_view::npos) return false;
  return head.host.empty() || iequals(head.host, target) || iequals(head.host, target.substr(0, colon));
}

Course course_of_connect(const RequestHead& head, bool forwarded) {
  if (!forwarded) return refuse(501, "not_implemented", "CONNECT: this is no forward proxy");
  if (!is_authority_form(head)) return refuse(400, "bad_request", "CONNECT wants host:port, and the same in Host");
  if (head.framing != Framing::none) return refuse(400, "bad_request", "CONNECT has no body");
  Course course;
  course.connect = true;
  return course;
}

struct Hops {
  bool valid = true;
  std::optional<std::uint64_t> left;
  FieldLine* field = nullptr;
};

Hops read_max_forwards(RequestHead& head) {
  Hops hops;
  for (FieldLine& field : head.fields) {
    if (field.known != KnownHeader::max_forwards) continue;
    const bool digits = !field.value.empty() && field.value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || hops.field != nullptr) return {.valid = false, .left = {}, .field = nullptr};
    std::uint64_t left = 0;
    const auto read = std::from_chars(field.value.data(), field.value.data() + field.value.size(), left);
    hops.left = read.ec == std::errc() ? left : UINT64_MAX;  // RFC 9110 §7.6.2: the lesser of it and what we can hold
    hops.field = &field;
  }
  return hops;
}

std::string response(std::string_view date, std::string_view content_type, const std::string& body, bool close) {
  std::string out = "HTTP/1.1 200 OK\r\n";
  out.append("Date: ").append(date).append("\r\n");
  if (!content_type.empty()) out.append("Content-Type: ").append(content_type).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  if (close) out.append("Connection: close\r\n");
  return out.append("\r\n").append(body);
}

// RFC 9110 §9.3.8: the request as it came, as the body of the answer.
std::string reflection(const RequestHead& head, std::string_view date) {
  std::string body;
  body.append("TRACE ").append(head.target).append(head.minor_version == 1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (const FieldLine& field : head.fields) {
    if (is_reflected(field.known)) body.append(field.line);
  }
  return response(date, "message/http", body.append("\r\n"), true);
}

// TRACE and OPTIONS.
Course course_of_hops(RequestHead& head, std::string_view date, std::string& line) {
  const bool trace = head.method == "TRACE";
  if (trace && head.framing != Framing::none) return refuse(400, "bad_request", "TRACE has no body");
  const Hops hops = read_max_forwards(head);
  if (!hops.valid) return refuse(400, "bad_request", "malformed Max-Forwards");
  Course course;
  if (hops.left == 0u) {
    course.answer = trace ? reflection(head, date) : response(date, "", "", true);
  } else if (trace) {
    // Stable's answer would show what proxies add for it alone, and credentials to a script that may not see them.
    return refuse(405, "method_not_allowed", "TRACE is answered here only, where Max-Forwards is 0");
  } else if (hops.field != nullptr) {
    line.assign(hops.field->name).append(": ").append(std::to_string(*hops.left - 1)).append("\r\n");
    hops.field->line = line;
  }
  return course;
}

std::string_view protocol_name(std::string_view protocol) { return protocol.substr(0, protocol.find('/')); }

bool is_protocol(std::string_view protocol) {
  const std::string_view name = protocol_name(protocol);
  return is_token(name) && (name.size() == protocol.size() || is_token(protocol.substr(name.size() + 1)));
}

template <class F>
void for_each_protocol(const HeadBase& head, F each) {
  for (const FieldLine& field : head.fields) {
    if (field.known == KnownHeader::upgrade) for_each_element(field.value, each);
  }
}

std::string upgrade_of(const RequestHead& head) {
  std::string wanted;
  for_each_protocol(head, [&](std::string_view protocol) {
    if (!is_protocol(protocol) || is_another_http(protocol_name(protocol))) return;
    wanted.append(wanted.empty() ? "" : ", ").append(protocol);
  });
  return wanted;
}

}  // namespace

Course choose_course(RequestHead& head, const LiveOptions& options, std::string_view date, std::string& line) {
  if (options.passes.has_passed(head)) {
    Course course = refuse(508, "loop_detected", "this request has been through this proxy before");
    course.loop = true;
    return course;
  }
  if (head.method == "CONNECT") return course_of_connect(head, options.forward_connect);
  Course course;
  if (head.method == "TRACE" || head.method == "OPTIONS") course = course_of_hops(head, date, line);
  if (head.has_upgrade_option) course.upgrade = upgrade_of(head);
  return course;
}

bool grants_upgrade(const Course& course, const ResponseHead& head) {
  bool any = false;
  bool all = true;
  for_each_protocol(head, [&](std::string_view protocol) {
    any = true;
    bool asked = false;
    for_each_element(course.upgrade, [&](std::string_view wanted) { asked = asked || iequals(wanted, protocol); });
    all = all && asked;
  });
  return any && all;
}

}  // namespace truemirror
