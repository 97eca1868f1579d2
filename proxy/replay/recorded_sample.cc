#include "proxy/replay/recorded_sample.h"

#include "proxy/http/head_scanner.h"
#include "proxy/http/head_writer.h"

namespace truemirror {
namespace {

constexpr std::string_view kToken = "[redacted:";
constexpr std::size_t kKeyedDigits = 8;

bool holds_token(std::string_view text) { return text.find(kToken) != std::string_view::npos; }

// "[redacted:email:1a2b3c4d]" becomes "[redacted:email]".
std::string without_keys(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(kToken);
    out.append(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    const std::size_t end = text.find(']', at);
    const std::size_t colon = text.rfind(':', end);
    const bool token = end != std::string_view::npos && end - colon - 1 == kKeyedDigits && colon >= at + kToken.size();
    out.append(token ? text.substr(at, colon - at) : text.substr(at, kToken.size()));
    text.remove_prefix(token ? end : at + kToken.size());
  }
}

void drop_keys(Response& response) {
  Headers headers;
  for (const HeaderField& field : response.headers) {
    // What redaction does to a length is not the service's doing.
    if (!iequals(field.name, "content-length")) headers.add(field.name, without_keys(field.value));
  }
  response.headers = std::move(headers);
  if (response.body.truncated() || !holds_token(response.body.bytes)) return;
  response.body = Body(without_keys(response.body.bytes));
}

void redact(Response& response, const Redactor& redactor) {
  Redactor::SafeBody safe = redactor.body(response.headers, response.body);
  response.headers = redactor.headers(response.headers);
  if (safe.decoded) response.headers.remove("content-encoding");
  response.body = std::move(safe.body);
}

// What a message may hold, without what was redacted.
Headers those_to_send(const Headers& recorded, ReplayStats& stats) {
  Headers kept;
  for (const HeaderField& field : recorded) {
    // A redacted name is no token of HTTP; and a file may hold what no message may.
    if (holds_token(field.value) || !is_token(field.name) || !is_field_value(field.value)) {
      ++stats.redacted_headers[ascii_lower(field.name)];
    } else {
      kept.add(field.name, field.value);
    }
  }
  return kept;
}

}  // namespace

void fill_sample(CapturedExchange&& exchange, Sample& sample, ReplayStats& stats) {
  Request& request = exchange.request;
  RequestFraming& framing = exchange.framing;
  request.headers = those_to_send(request.headers, stats);
  framing.trailers = those_to_send(framing.trailers, stats);
  if (holds_token(request.target) || holds_token(request.body.bytes)) ++stats.redacted_requests;
  write_request_head(request, sample.head);
  sample.method = request.method;
  sample.target = request.target;
  sample.connection = exchange.connection;
  sample.body = Body(std::move(request.body.bytes));
  // As it was framed; the length is that of what is left of the body, but of a body that nobody sent.
  if (const auto recorded = request.headers.get("content-length"); recorded && !framing.chunked) {
    const bool announced = framing.withheld && recorded->find_first_not_of("0123456789") == std::string_view::npos;
    const std::string length = std::to_string(sample.body.length);
    sample.head.append("Content-Length: ").append(announced ? *recorded : length).append("\r\n");
  }
  sample.framing = std::move(framing);
  if (exchange.stable) sample.stable = std::move(*exchange.stable);
}

void equalize_redaction(Comparison& comparison, const Redactor& redactor) {
  redact(comparison.candidate, redactor);
  if (comparison.control) redact(*comparison.control, redactor);
  drop_keys(comparison.stable);
  drop_keys(comparison.candidate);
  if (comparison.control) drop_keys(*comparison.control);
}

}  // namespace truemirror
