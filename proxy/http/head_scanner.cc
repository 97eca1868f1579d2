#include "proxy/http/head_scanner.h"

#include <algorithm>
#include <array>

#include "proxy/http/authority.h"
#include "proxy/http/http2_refusal.h"
#include "proxy/http/request_target.h"
#include "proxy/http/response_repair.h"
#include "proxy/http/second_opinion.h"

namespace truemirror {
namespace {

constexpr std::size_t kMaxMethodBytes = 64;
constexpr char kTlsHandshake = '\x16', kTlsAlert = '\x15';  // first bytes of records (RFC 8446 §5.1)

// What Connection may not name: framing and routing depend on it, or who the client is. A proxy in front that passes
// a client's Connection on must not have its own words about that client removed here.
bool is_protected(std::string_view option) {
  switch (known_header(option)) {
    case KnownHeader::host:
    case KnownHeader::content_length:
    case KnownHeader::transfer_encoding:
    case KnownHeader::via:
    case KnownHeader::x_truemirror_mark:
    case KnownHeader::x_truemirror_passed:
    case KnownHeader::x_forwarded_for:
    case KnownHeader::x_forwarded_host:
    case KnownHeader::x_forwarded_proto:
    case KnownHeader::forwarded:
    case KnownHeader::authorization:
    case KnownHeader::cookie:
      return true;
    default:
      return false;
  }
}

// HTTP/1.0 and HTTP/1.1 are read; -1 for all else.
int minor_version_of(std::string_view version) {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return -1;
}

bool looks_like_version(std::string_view text) {
  return text.size() == 8 && text.substr(0, 5) == "HTTP/" && text[6] == '.' && text[5] >= '0' && text[5] <= '9' &&
         text[7] >= '0' && text[7] <= '9';
}

std::optional<std::uint64_t> parse_length(std::string_view digits) {
  if (digits.empty() || digits.size() > 18) return std::nullopt;   // below 10^18 < 2^63
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;  // which some read as octal
  std::uint64_t value = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

// RFC 9112 §6.3: what does not end in `chunked` has no end that all agree on (400); §6.1: a coding that we do not know
// under a final `chunked` is a 501.
HeadError judge_coding(std::string_view value) {
  if (iequals(value, "chunked")) return HeadError::none;
  HeadError verdict = HeadError::bad_coding;
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = value.find(',');
    const std::string_view coding = trim_blanks(value.substr(0, comma));
    const bool last = comma == std::string_view::npos;
    if (!is_token(coding) || iequals(coding, "chunked") != last) return HeadError::bad_coding;
    if (last) verdict = HeadError::unknown_coding;
    if (!last) value.remove_prefix(comma + 1);
  }
  return verdict;
}

// Content-Length, Transfer-Encoding and Connection of either kind of message.
HeadError read_framing(HeadBase& head) {
  int lengths = 0;
  int codings = 0;
  HeadError coding = HeadError::none;
  bool close = false;
  bool keep_alive = false;
  HeadError error = HeadError::none;
  for (const FieldLine& field : head.fields) {
    if (field.known == KnownHeader::content_length) {
      const auto length = parse_length(field.value);
      if (!length || ++lengths > 1) return HeadError::bad_length;
      head.content_length = *length;
      head.has_content_length = true;
    } else if (field.known == KnownHeader::transfer_encoding) {
      ++codings;
      coding = judge_coding(field.value);
    } else if (field.known == KnownHeader::connection) {
      for_each_element(field.value, [&](std::string_view option) {
        if (!is_token(option) || is_protected(option)) error = HeadError::bad_connection;
        close = close || iequals(option, "close");
        keep_alive = keep_alive || iequals(option, "keep-alive");
        // An HTTP/1.0 message upgrades nothing (RFC 9110 §7.8).
        head.has_upgrade_option = head.has_upgrade_option || (head.minor_version == 1 && iequals(option, "upgrade"));
        head.connection_options.push_back(option);
      });
    } else if (field.known == KnownHeader::keep_alive) {
      head.keep_alive_terms = field.value;
    }
  }
  if (error != HeadError::none) return error;
  if (codings > 0) {
    if (lengths > 0 || codings > 1 || head.minor_version == 0) return HeadError::bad_coding;
    if (coding != HeadError::none) return coding;
    head.framing = Framing::chunked;
  } else if (lengths > 0) {
    head.framing = Framing::length;
  }
  head.keep_alive = !close && (head.minor_version == 1 || keep_alive);
  return HeadError::none;
}

HeadError read_host(RequestHead& head) {
  if (head.has(KnownHeader::framing_for_cgi)) return HeadError::bad_field;
  int hosts = 0;
  for (const FieldLine& field : head.fields) {
    if (field.known != KnownHeader::host) continue;
    head.host = field.value;
    if (++hosts > 1 || !is_authority(field.value)) return HeadError::bad_host;
  }
  return hosts == 0 && head.minor_version == 1 ? HeadError::bad_host : HeadError::none;
}

// TE and Expect, which say how the client will have its answer.
HeadError read_wishes(RequestHead& head) {
  HeadError error = HeadError::none;
  head.expect_continue = head.te_trailers = false;
  if (!head.has(KnownHeader::te) && !head.has(KnownHeader::expect)) return error;
  for (const FieldLine& field : head.fields) {
    if (field.known == KnownHeader::te) {
      for_each_element(field.value, [&](std::string_view coding) {
        head.te_trailers = head.te_trailers || iequals(coding, "trailers");
      });
    } else if (field.known == KnownHeader::expect) {
      // RFC 9110 §10.1.1: from an HTTP/1.0 client it is nothing, and not to be passed on as HTTP/1.1's.
      if (head.minor_version == 0) {
        head.connection_options.push_back(field.name);
        continue;
      }
      for_each_element(field.value, [&](std::string_view expectation) {
        if (!iequals(expectation, "100-continue")) error = HeadError::bad_expectation;
      });
      head.expect_continue = true;
    }
  }
  return error;
}

HeadError read_request_line(std::string_view line, RequestHead& out) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadError::bad_start_line;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(out.method)) return HeadError::bad_start_line;
  if (out.method.size() > kMaxMethodBytes) return HeadError::unknown_method;
  if (!is_target(out.target)) return HeadError::bad_target;
  out.minor_version = minor_version_of(version);
  if (out.minor_version >= 0) return HeadError::none;
  if (line == kHttp2Preface) return HeadError::speaks_http2;
  return looks_like_version(version) ? HeadError::bad_version : HeadError::bad_start_line;
}

HeadError read_status_line(std::string_view line, ResponseHead& out) {
  if (line.size() < 12) return HeadError::bad_start_line;
  out.minor_version = minor_version_of(line.substr(0, 8));
  if (out.minor_version < 0) return HeadError::bad_version;
  if (line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) return HeadError::bad_start_line;
  const auto code = parse_length(line.substr(9, 3));
  if (!code || *code < 100) return HeadError::bad_start_line;  // above 599 it is as if 5xx (RFC 9110 §15)
  out.status = static_cast<int>(*code);
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  return is_field_value(out.reason) ? HeadError::none : HeadError::bad_start_line;
}

// A head that is not whole yet shows already that it is none: it is answered at once, and not at a deadline.
bool has_bare_cr(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\r', from); at != std::string_view::npos; at = bytes.find('\r', at + 1)) {
    if (at + 1 < bytes.size() && bytes[at + 1] != '\n') return true;
  }
  return false;
}

bool has_bare_line_end(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return has_bare_cr(bytes, from);
}

}  // namespace

int status_of(HeadError error) {
  switch (error) {
    case HeadError::bad_version:
    case HeadError::speaks_http2:
      return 505;
    case HeadError::target_too_long:
      return 414;
    case HeadError::head_too_large:
    case HeadError::too_many_fields:
      return 431;
    case HeadError::unknown_method:
    case HeadError::unknown_coding:
      return 501;
    case HeadError::bad_expectation:
      return 417;
    default:
      return 400;
  }
}

std::string_view to_string(HeadError error) {
  constexpr std::array<std::string_view, 18> kNames{"none",
                                                    "malformed start line",
                                                    "HTTP version not supported",
                                                    "method too long",
                                                    "malformed request target",
                                                    "request target too long",
                                                    "message head too large",
                                                    "too many fields",
                                                    "malformed field",
                                                    "missing, repeated or malformed Host",
                                                    "malformed Content-Length",
                                                    "malformed or misplaced Transfer-Encoding",
                                                    "unknown transfer coding",
                                                    "malformed Connection",
                                                    "unknown expectation",
                                                    "HTTP/2, where HTTP/1.1 was expected",
                                                    "TLS, where plain HTTP was expected",
                                                    "ambiguous message"};
  return kNames.at(static_cast<std::size_t>(error));
}

std::optional<std::string_view> HeadBase::get(KnownHeader header) const {
  if (!has(header)) return std::nullopt;
  return std::find_if(fields.begin(), fields.end(), [header](const FieldLine& f) { return f.known == header; })->value;
}

bool HeadBase::is_hop_by_hop(const FieldLine& field) const {
  switch (field.known) {
    case KnownHeader::connection:
    case KnownHeader::keep_alive:
    case KnownHeader::proxy_connection:
    case KnownHeader::http2_settings:
    case KnownHeader::te:
    case KnownHeader::transfer_encoding:
    case KnownHeader::upgrade:
      return true;  // Trailer and Proxy-Authenticate are not among them
    default:
      return std::any_of(connection_options.begin(), connection_options.end(),
                         [&](std::string_view option) { return iequals(option, field.name); });
  }
}

ScanResult HeadScanner::fail(HeadError error) {
  error_ = error;
  return ScanResult::error;
}

// Finds the blank line; remembers how far it looked, so that a head that trickles in is not searched anew each time.
ScanResult HeadScanner::find_end(std::string_view bytes, std::size_t start, std::size_t& end) {
  const std::size_t from = std::max(start, searched_ < 3 ? 0 : searched_ - 3);
  const std::size_t at = bytes.find("\r\n\r\n", from);
  searched_ = bytes.size();
  const std::size_t size = at == std::string_view::npos ? bytes.size() : at + 4;
  if (size > limits_.max_head_bytes) return fail(HeadError::head_too_large);
  if (at == std::string_view::npos)
    return has_bare_line_end(bytes, from) ? fail(HeadError::bad_field) : ScanResult::need_more;
  end = size;
  return ScanResult::complete;
}

HeadError HeadScanner::read_fields(std::string_view block, HeadBase& out) const {
  out.fields.clear();
  out.connection_options.clear();
  out.framing = Framing::none;
  out.content_length = 0;
  out.has_content_length = false;
  out.has_upgrade_option = false;
  out.keep_alive_terms = {};
  out.known.clear();
  out.field_block = block;
  while (!block.empty()) {
    // A folded line or a space before the colon makes the name no token; a bare CR or LF is no value byte.
    const std::size_t colon = end_of_token(block);
    if (colon == 0 || colon == block.size() || block[colon] != ':') return HeadError::bad_field;
    const std::size_t eol = end_of_value(block, colon + 1);
    if (block.substr(eol, 2) != "\r\n") return HeadError::bad_field;
    if (out.fields.size() == limits_.max_fields) return HeadError::too_many_fields;
    const std::string_view name = block.substr(0, colon);
    const KnownHeader known = known_header(name);
    out.known.add(known);
    out.fields.push_back(
        {name, trim_blanks(block.substr(colon + 1, eol - colon - 1)), block.substr(0, eol + 2), known});
    block.remove_prefix(eol + 2);
  }
  return HeadError::none;
}

ScanResult HeadScanner::scan(std::string_view bytes, RequestHead& out) {
  // Up to two empty lines before a request line are ignored (RFC 9112 §2.2).
  std::size_t skipped = 0;
  while (skipped < 4 && bytes.substr(skipped, 2) == "\r\n") skipped += 2;
  const std::string_view head = bytes.substr(skipped);
  if (head.starts_with(kTlsHandshake)) return fail(HeadError::speaks_tls);
  const std::size_t known = searched_;
  std::size_t end = 0;
  const ScanResult found = find_end(bytes, skipped, end);
  const std::size_t eol = head.find("\r\n");
  // A line without a target in reach is no request line; one whose target has no end in reach is too long.
  if (std::min(eol, head.size()) > limits_.max_target_bytes + kMaxMethodBytes)
    return fail(head.find(' ') > kMaxMethodBytes ? HeadError::bad_start_line : HeadError::target_too_long);
  if (found == ScanResult::error) return found;
  if (found == ScanResult::need_more) return refuse_early(head, eol, known - std::min(known, skipped), out);
  HeadError error = read_request_line(head.substr(0, eol), out);
  if (error == HeadError::none && out.target.size() > limits_.max_target_bytes) error = HeadError::target_too_long;
  const std::size_t fields_at = skipped + eol + 2;
  out.host = {};
  out.size = end;
  if (error == HeadError::none) error = read_fields(bytes.substr(fields_at, end - fields_at - 2), out);
  if (error == HeadError::none) error = read_framing(out);
  if (error == HeadError::none) error = read_host(out);
  if (error == HeadError::none) error = split_target(out);
  if (error == HeadError::none) error = read_wishes(out);
  if (error == HeadError::none && !second_opinion_agrees(out)) error = HeadError::parsers_disagree;
  searched_ = 0;
  return error == HeadError::none ? ScanResult::complete : fail(error);
}

// Garbage is answered at once, and not at a deadline: what begins as no request does, and a first line that came whole
// with these bytes.
ScanResult HeadScanner::refuse_early(std::string_view head, std::size_t eol, std::size_t known, RequestHead& out) {
  if (!head.empty() && !is_token(head.substr(0, 1)) && head[0] != '\r') return fail(HeadError::bad_start_line);
  if (eol == std::string_view::npos || known >= eol + 2) return ScanResult::need_more;
  const HeadError error = read_request_line(head.substr(0, eol), out);
  return error == HeadError::none ? ScanResult::need_more : fail(error);
}

ScanResult HeadScanner::find_response_end(std::string_view bytes, std::size_t& end) {
  const std::size_t from = searched_ < 3 ? 0 : searched_ - 3;
  end = end_of_response_head(bytes, from);
  searched_ = bytes.size();
  const bool whole = end != std::string_view::npos;
  if ((whole ? end : bytes.size()) > limits_.max_head_bytes) return fail(HeadError::head_too_large);
  if (whole) return ScanResult::complete;
  return has_bare_cr(bytes, from) ? fail(HeadError::bad_field) : ScanResult::need_more;
}

HeadError HeadScanner::read_response(std::string_view head, ResponseHead& out) const {
  const std::size_t eol = head.find("\r\n");
  HeadError error = read_status_line(head.substr(0, eol), out);
  if (error == HeadError::none) error = read_fields(head.substr(eol + 2, head.size() - eol - 4), out);
  if (error == HeadError::none) error = read_framing(out);
  if (error == HeadError::none && !second_opinion_agrees(out)) error = HeadError::parsers_disagree;
  return error;
}

ScanResult HeadScanner::scan(std::string_view bytes, ResponseHead& out, std::string_view method) {
  std::size_t end = 0;
  if (const ScanResult found = find_response_end(bytes, end); found != ScanResult::complete) {
    constexpr std::string_view kStart = "HTTP/1.";
    const std::size_t common = std::min(bytes.size(), kStart.size());
    if (bytes.starts_with(kTlsHandshake) || bytes.starts_with(kTlsAlert)) return fail(HeadError::speaks_tls);
    if (bytes.substr(0, common) != kStart.substr(0, common)) return fail(HeadError::bad_start_line);
    return found;
  }
  const std::string_view head = bytes.substr(0, end);
  HeadError error = head.ends_with("\r\n\r\n") ? read_response(head, out) : HeadError::bad_field;
  bool mixed = false;
  if (error == HeadError::bad_field || error == HeadError::bad_start_line || error == HeadError::bad_length) {
    mixed = repair_response_head(head, out.repaired);
    error = read_response(out.repaired, out);
  }
  out.size = end;
  searched_ = 0;
  if (error != HeadError::none) return fail(error);
  if (mixed) out.keep_alive = false;
  const bool bodiless = method == "HEAD" || out.status < 200 || out.status == 204 || out.status == 304;
  if (bodiless) {
    // RFC 9110 §8.6, RFC 9112 §6.1: who announces a body where none may be may send it as well.
    const bool announced = out.framing == Framing::chunked || out.content_length > 0;
    if ((out.status < 200 || out.status == 204) && announced) out.keep_alive = false;
    out.framing = Framing::none;
  } else if (out.framing == Framing::none) {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  }
  return ScanResult::complete;
}

}  // namespace truemirror
