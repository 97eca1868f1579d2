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

MessageNotes make_message_safe(Headers& headers, Body& body, Redactor::SafeBody safe, const Redactor& redactor) {
  MessageNotes notes;
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

// Redaction of the two bodies comes to the same: equal bytes, read as the same type and coding.
bool same_to_the_redactor(const Response& a, const Response& b) {
  for (const std::string_view name : {"content-type", "content-encoding"}) {
    if (a.headers.get(name) != b.headers.get(name) || a.headers.count(name) > 1 || b.headers.count(name) > 1)
      return false;
  }
  return a.body.bytes == b.body.bytes && a.body.length == b.body.length && a.body.hash == b.body.hash;
}

std::string safe_text(const std::string& text, const Redactor& redactor) {
  return text.empty() ? text : redactor.body({{"Content-Type", "text/plain"}}, Body(text)).body.bytes;
}

}  // namespace

ExchangeNotes make_safe(CapturedExchange& exchange, const Redactor& redactor) {
  ExchangeNotes notes;
  Request& request = exchange.request;
  request.target = redactor.target(request.target);
  notes.request =
      make_message_safe(request.headers, request.body, redactor.body(request.headers, request.body), redactor);
  // Most answers of the arms are stable's: then one redaction is for all.
  std::optional<Response> stable;
  std::optional<Redactor::SafeBody> safe_of_stable;
  for (const Arm which : kCapturedArms) {
    std::optional<Response>& response = exchange.arm(which);
    if (!response) continue;
    const bool same = stable && same_to_the_redactor(*stable, *response);
    Redactor::SafeBody safe = same ? *safe_of_stable : redactor.body(response->headers, response->body);
    if (which == Arm::stable) {
      stable = *response;
      safe_of_stable = safe;
    }
    notes.arm(which) = make_message_safe(response->headers, response->body, std::move(safe), redactor);
    response->trailers = redactor.headers(response->trailers);
    response->reason =
        same && response->reason == stable->reason ? exchange.stable->reason : safe_text(response->reason, redactor);
    response->error_detail = safe_text(response->error_detail, redactor);
  }
  return notes;
}

}  // namespace truemirror
