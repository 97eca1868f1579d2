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

MessageNotes make_message_safe(Headers& headers, Headers safe_headers, Body& body, Redactor::SafeBody safe) {
  MessageNotes notes;
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

// Stable's response as it was, and what the redactor made of it: an arm's answer is mostly the same.
struct Known {
  Response response;
  Headers headers;
  Redactor::SafeBody body;
};

// A field that stands in stable's response at the same place comes to the same.
Headers safe_headers(const Headers& headers, const std::optional<Known>& known, const Redactor& redactor) {
  if (!known) return redactor.headers(headers);
  Headers safe;
  safe.reserve(headers.footprint(), headers.size());
  for (std::size_t at = 0; at < headers.size(); ++at) {
    const bool same = at < known->response.headers.size() && known->response.headers[at] == headers[at];
    const HeaderField field = headers[at];
    if (same) {
      safe.add(known->headers[at].name, known->headers[at].value);
    } else {
      const Headers own = redactor.headers({{field.name, field.value}});
      safe.add(own[0].name, own[0].value);
    }
  }
  return safe;
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
  Redactor::SafeBody safe_body = redactor.body(request.headers, request.body);
  notes.request =
      make_message_safe(request.headers, redactor.headers(request.headers), request.body, std::move(safe_body));
  Headers& trailers = exchange.framing.trailers;
  if (!trailers.empty()) trailers = redactor.headers(trailers);
  std::optional<Known> known;
  for (const Arm which : kCapturedArms) {
    std::optional<Response>& response = exchange.arm(which);
    if (!response) continue;
    const bool same = known && same_to_the_redactor(known->response, *response);
    Redactor::SafeBody body = same ? known->body : redactor.body(response->headers, response->body);
    Headers headers = safe_headers(response->headers, known, redactor);
    if (which == Arm::stable) known = {.response = *response, .headers = headers, .body = body};
    notes.arm(which) = make_message_safe(response->headers, std::move(headers), response->body, std::move(body));
    if (!response->trailers.empty()) response->trailers = redactor.headers(response->trailers);
    response->reason = same && response->reason == known->response.reason ? exchange.stable->reason
                                                                          : safe_text(response->reason, redactor);
    response->error_detail = safe_text(response->error_detail, redactor);
  }
  return notes;
}

}  // namespace truemirror
