#include "proxy/http/head_writer.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace truemirror {
namespace {

bool frames(std::string_view name) { return iequals(name, "content-length") || iequals(name, "transfer-encoding"); }

void add_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// Those who had the message before, in their order, and then ourselves, with the version that it came in (RFC 9110
// §7.6.3).
void add_via(const HeadBase& head, std::string_view pseudonym, std::string& out) {
  if (pseudonym.empty()) return;
  out.append("Via: ");
  if (head.has(KnownHeader::via)) {
    for (const FieldLine& field : head.fields) {
      if (field.known == KnownHeader::via && !field.value.empty()) out.append(field.value).append(", ");
    }
  }
  out.append(head.minor_version == 1 ? "1.1 " : "1.0 ").append(pseudonym).append("\r\n");
}

// Upgrade, of which one line is made.
void add_upgrade(const HeadBase& head, std::string& out) {
  std::string protocols;
  for (const FieldLine& field : head.fields) {
    if (field.known != KnownHeader::upgrade) continue;
    for_each_element(field.value, [&](std::string_view protocol) {
      protocols.append(protocols.empty() ? "" : ", ").append(protocol);
    });
  }
  if (!protocols.empty()) add_line(out, "Upgrade", protocols);
}

// One end-to-end field of a request, unless it is gathered with what we add, or only ours to say.
void forward(const RequestHead& head, const FieldLine& field, const ForwardingFacts& facts, std::string& out) {
  switch (field.known) {
    case KnownHeader::client_identity:
    case KnownHeader::x_forwarded_for:
      return;
    case KnownHeader::via:
      if (facts.pseudonym.empty()) out.append(field.line);
      return;
    case KnownHeader::x_truemirror_mark:
      if (facts.keep_mark) out.append(field.line);
      return;
    case KnownHeader::host:
      return add_line(out, field.name, head.host);  // that of an absolute target wins (RFC 9112 §3.2.2)
    case KnownHeader::content_length:
      return add_line(out, field.name, field.value);  // what frames and routes goes out in one spelling
    default:
      out.append(field.line);
  }
}

void json_escape_into(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out.append(1, c);
    }
  }
}

// By their names in RFC 9110 §15, RFC 6585, RFC 8297 and RFC 5842.
std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  constexpr std::array<Phrase, 30> kPhrases{{{100, "Continue"},
                                             {101, "Switching Protocols"},
                                             {103, "Early Hints"},
                                             {200, "OK"},
                                             {201, "Created"},
                                             {202, "Accepted"},
                                             {204, "No Content"},
                                             {206, "Partial Content"},
                                             {301, "Moved Permanently"},
                                             {302, "Found"},
                                             {304, "Not Modified"},
                                             {400, "Bad Request"},
                                             {401, "Unauthorized"},
                                             {403, "Forbidden"},
                                             {404, "Not Found"},
                                             {405, "Method Not Allowed"},
                                             {408, "Request Timeout"},
                                             {413, "Content Too Large"},
                                             {414, "URI Too Long"},
                                             {417, "Expectation Failed"},
                                             {426, "Upgrade Required"},
                                             {429, "Too Many Requests"},
                                             {431, "Request Header Fields Too Large"},
                                             {500, "Internal Server Error"},
                                             {501, "Not Implemented"},
                                             {502, "Bad Gateway"},
                                             {503, "Service Unavailable"},
                                             {504, "Gateway Timeout"},
                                             {505, "HTTP Version Not Supported"},
                                             {508, "Loop Detected"}}};
  const auto* found =
      std::find_if(kPhrases.begin(), kPhrases.end(), [status](const Phrase& p) { return p.status == status; });
  return found == kPhrases.end() ? std::string_view("Status") : found->text;
}

}  // namespace

void write_request_head(const RequestHead& head, const ForwardingFacts& facts, std::string& out) {
  out.append(head.method).append(" ").append(head.path).append(" HTTP/1.1\r\n");
  if (head.minor_version == 0 && !head.has(KnownHeader::host))
    add_line(out, "Host", head.host.empty() ? facts.authority : head.host);
  for (const FieldLine& field : head.fields) {
    if (!head.is_hop_by_hop(field)) forward(head, field, facts, out);
  }
  // All lines of it, in their order, and the client last: who counts from the right counts right.
  out.append("X-Forwarded-For: ");
  if (head.has(KnownHeader::x_forwarded_for)) {
    for (const FieldLine& field : head.fields) {
      if (field.known == KnownHeader::x_forwarded_for && !field.value.empty()) out.append(field.value).append(", ");
    }
  }
  out.append(facts.client_address).append("\r\n");
  // What a load balancer in front has said of the client stands: it knows, we do not.
  if (!head.has(KnownHeader::x_forwarded_proto)) add_line(out, "X-Forwarded-Proto", facts.proto);
  if (!head.has(KnownHeader::x_forwarded_host) && !head.host.empty()) add_line(out, "X-Forwarded-Host", head.host);
  out.append(facts.identity);
  add_via(head, facts.pseudonym, out);
  if (facts.passes != nullptr) {
    const PassKey::Text text = facts.passes->sign(head.method, head.path);
    add_line(out, kPassedHeader, {text.data(), text.size()});
  }
  if (head.te_trailers) out.append("TE: trailers\r\n");
  if (!facts.upgrade.empty()) add_line(out, "Upgrade", facts.upgrade);
  if (head.te_trailers || !facts.upgrade.empty())
    add_line(out, "Connection", facts.upgrade.empty() ? "TE" : head.te_trailers ? "Upgrade, TE" : "Upgrade");
}

void write_response_head(const ResponseHead& head, const ResponseFacts& facts, std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(head.reason.empty() ? reason_phrase(head.status) : head.reason).append("\r\n");
  const bool no_length = head.status == 204 || facts.framing != ClientFraming::as_is;
  for (const FieldLine& field : head.fields) {
    if (head.is_hop_by_hop(field)) continue;
    if (field.known == KnownHeader::via && !facts.pseudonym.empty()) continue;
    if (field.known == KnownHeader::content_length) {
      if (!no_length) add_line(out, field.name, field.value);
      continue;
    }
    out.append(field.line);
  }
  if (!head.has(KnownHeader::date) && !facts.date.empty()) add_line(out, "Date", facts.date);
  add_via(head, facts.pseudonym, out);
  if (facts.offers_upgrade) add_upgrade(head, out);
  if (facts.framing == ClientFraming::chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (facts.close) {
    out.append(facts.offers_upgrade ? "Connection: close, Upgrade\r\n" : "Connection: close\r\n");
  } else if (facts.offers_upgrade) {
    out.append("Connection: Upgrade\r\n");
  } else if (facts.http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void write_interim_head(const ResponseHead& head, std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(head.reason.empty() ? reason_phrase(head.status) : head.reason).append("\r\n");
  for (const FieldLine& field : head.fields) {
    if (field.known != KnownHeader::content_length && !head.is_hop_by_hop(field)) out.append(field.line);
  }
  if (head.status == 101) {
    add_upgrade(head, out);
    out.append("Connection: Upgrade\r\n");
  }
  out.append("\r\n");
}

void write_request_head(const Request& request, std::string& out) {
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  for (const HeaderField& field : request.headers) {
    if (!frames(field.name) && !iequals(field.name, "connection") && !iequals(field.name, kMarkHeader)) {
      add_line(out, field.name, field.value);
    }
  }
}

std::string error_response(int status, std::string_view reason, std::string_view detail, bool close,
                           std::string_view date) {
  std::string body = "{\"error\":\"";
  json_escape_into(body, reason);
  body.append("\",\"detail\":\"");
  json_escape_into(body, detail);
  body.append("\"}\n");
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_phrase(status)).append("\r\n");
  if (!date.empty()) add_line(out, "Date", date);
  add_line(out, "Content-Type", "application/json");
  add_line(out, "Content-Length", std::to_string(body.size()));
  if (status == 503) add_line(out, "Retry-After", "1");
  if (close) add_line(out, "Connection", "close");
  return out.append("\r\n").append(body);
}

std::string http_date(WallTime at) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(at));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

Request to_request(const RequestHead& head) {
  Request request;
  request.method = head.method;
  request.target = head.path;
  request.headers.reserve(head.size, head.fields.size());
  for (const FieldLine& field : head.fields) {
    if (!head.is_hop_by_hop(field)) request.headers.add(field.name, field.value);
  }
  return request;
}

Response to_response(const ResponseHead& head) {
  Response response;
  response.status = head.status;
  response.reason = head.reason;
  response.headers = Headers(std::string(head.field_block), head.fields.size());
  const char* const block = head.field_block.data();
  for (const FieldLine& field : head.fields) {
    if (head.is_hop_by_hop(field)) continue;
    // An empty value is nowhere.
    const std::size_t name_at = static_cast<std::size_t>(field.name.data() - block);
    const std::size_t value_at = field.value.empty() ? name_at : static_cast<std::size_t>(field.value.data() - block);
    response.headers.point_out(name_at, field.name.size(), value_at, field.value.size());
  }
  return response;
}

}  // namespace truemirror
