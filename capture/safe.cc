#include "capture/safe.h"

namespace truemirror {
namespace {

// What stood in the message before redaction changed its body.
std::string framing_of(const Headers& headers) {
  std::string out;
  for (const std::string_view name : {"content-length", "content-encoding"}) {
    const auto value = headers.get(name);
    if (!value) continue;
    out.append(out.empty() ? "" : "; ").append(name).append("=").append(*value);
  }
  return out.empty() ? "none" : out;
}

MessageNotes make_message_safe(Headers& headers, Body& body, const Redactor& redactor) {
  MessageNotes notes;
  Redactor::SafeBody safe = redactor.body(headers, body);
  Headers safe_headers = redactor.headers(headers);
  notes.withheld = safe.withheld;
  const bool resized = !safe.withheld && safe.body.length != body.length;
  if (safe.decoded || resized) {
    notes.original = framing_of(safe_headers);
    if (safe.decoded) safe_headers.remove("content-encoding");
    if (safe_headers.has("content-length")) safe_headers.set("Content-Length", std::to_string(safe.body.length));
  }
  headers = std::move(safe_headers);
  body = std::move(safe.body);
  return notes;
}

std::string safe_text(const std::string& text, const Redactor& redactor) {
  return text.empty() ? text : redactor.body({{"Content-Type", "text/plain"}}, Body(text)).body.bytes;
}

}  // namespace

ExchangeNotes make_safe(CapturedExchange& exchange, const Redactor& redactor) {
  ExchangeNotes notes;
  exchange.request.target = redactor.target(exchange.request.target);
  notes.request = make_message_safe(exchange.request.headers, exchange.request.body, redactor);
  for (const Arm which : kCapturedArms) {
    std::optional<Response>& response = exchange.arm(which);
    if (!response) continue;
    notes.arm(which) = make_message_safe(response->headers, response->body, redactor);
    response->trailers = redactor.headers(response->trailers);
    response->reason = safe_text(response->reason, redactor);
    response->error_detail = safe_text(response->error_detail, redactor);
  }
  return notes;
}

}  // namespace truemirror
