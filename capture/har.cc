#include "capture/har.h"

#include <boost/json.hpp>

#include "capture/warc.h"
#include "proxy/http/base64.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

namespace json = boost::json;

json::array name_values(const Headers& headers) {
  json::array out;
  for (const HeaderField& field : headers)
    out.push_back({{"name", valid_utf8(field.name)}, {"value", valid_utf8(field.value)}});
  return out;
}

std::string url_of(const CapturedExchange& exchange) {
  const Request& request = exchange.request;
  if (!request.target.starts_with('/')) return valid_utf8(request.target);
  return std::string(exchange.scheme()) + "://" + valid_utf8(request.headers.get("host").value_or("unknown")) +
         valid_utf8(request.target);
}

json::array query_of(const Request& request) {
  json::array out;
  const std::size_t question = request.target.find('?');
  std::string_view query =
      question == std::string::npos ? std::string_view() : std::string_view(request.target).substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    out.push_back({{"name", valid_utf8(pair.substr(0, equals))},
                   {"value", valid_utf8(pair.substr(std::min(equals + 1, pair.size())))}});
  }
  return out;
}

json::object request_json(const CapturedExchange& exchange) {
  const Request& request = exchange.request;
  json::object out{{"method", valid_utf8(request.method)},
                   {"url", url_of(exchange)},
                   {"httpVersion", "HTTP/1.1"},
                   {"cookies", json::array()},
                   {"headers", name_values(request.headers)},
                   {"queryString", query_of(request)},
                   {"headersSize", -1},
                   {"bodySize", request.body.length}};
  if (request.body.length == 0) return out;
  const bool text = is_utf8(request.body.bytes);
  json::object post{{"mimeType", valid_utf8(request.headers.get("content-type").value_or(""))},
                    {"params", json::array()},
                    {"text", text ? request.body.bytes : base64(request.body.bytes)}};
  // HAR 1.2 has no encoding here; the underscore marks a field of one's own.
  if (!text) post["_encoding"] = "base64";
  out["postData"] = std::move(post);
  return out;
}

json::object response_json(const Response& response) {
  const bool text = is_utf8(response.body.bytes);
  json::object content{{"size", response.body.length},
                       {"mimeType", valid_utf8(response.headers.get("content-type").value_or(""))},
                       {"text", text ? response.body.bytes : base64(response.body.bytes)}};
  if (!text) content["encoding"] = "base64";
  return {{"status", response.status},
          {"statusText", valid_utf8(response.reason)},
          {"httpVersion", "HTTP/1.1"},
          {"cookies", json::array()},
          {"headers", name_values(response.headers)},
          {"content", std::move(content)},
          {"redirectURL", valid_utf8(response.headers.get("location").value_or(""))},
          {"headersSize", -1},
          {"bodySize", response.body.length}};
}

// --- reading: what is not there reads as empty ---

const json::value* member(const json::value& object, std::string_view name) {
  const json::object* fields = object.if_object();
  return fields == nullptr ? nullptr : fields->if_contains(name);
}

std::string text_of(const json::value& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

double number_of(const json::value& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<double>();
}

Headers headers_of(const json::value& message) {
  Headers out;
  const json::value* list = member(message, "headers");
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& field : list->get_array()) {
    const std::string name = text_of(field, "name");
    // Browsers list HTTP/2's pseudo header fields among the others.
    if (!name.empty() && name[0] != ':') out.add(name, text_of(field, "value"));
  }
  return out;
}

Body body_of(const json::value* content, std::string_view encoding_field) {
  if (content == nullptr) return {};
  std::string text = text_of(*content, "text");
  if (text_of(*content, encoding_field) != "base64") return Body(std::move(text));
  return Body(base64_decoded(text).value_or(std::string()));
}

// The text of a HAR is decoded and its length may have changed: the fields that framed it are set right.
void reframe(Headers& headers, const Body& body) {
  headers.remove("content-encoding");
  headers.remove("transfer-encoding");
  if (headers.has("content-length")) headers.set("Content-Length", std::to_string(body.length));
}

void read_target(const std::string& url, Request& request) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", host), url.size());
  if (scheme != std::string::npos && !request.headers.has("host"))
    request.headers.add("Host", url.substr(host, path - host));
  request.target = url.substr(path, std::min(url.find('#'), url.size()) - path);
  if (!request.target.starts_with('/')) request.target.insert(0, "/");
}

// HAR writes local times with an offset, `+01:00`, and fractions of any length.
std::optional<WallTime> har_time(const std::string& text) {
  if (text.ends_with('Z')) return parse_wall_time(text);
  if (text.size() < 25 || text[text.size() - 3] != ':') return std::nullopt;
  const std::string offset = text.substr(text.size() - 6);
  const auto base = parse_wall_time(text.substr(0, text.size() - 6) + "Z");
  const bool digits =
      offset.find_first_not_of("0123456789", 1) == 3 && offset.find_first_not_of("0123456789", 4) == std::string::npos;
  if (!base || !digits || (offset[0] != '+' && offset[0] != '-')) return std::nullopt;
  const auto away =
      std::chrono::hours(std::stoi(offset.substr(1, 2))) + std::chrono::minutes(std::stoi(offset.substr(4, 2)));
  return offset[0] == '+' ? *base - away : *base + away;
}

bool read_entry(const json::value& entry, CapturedExchange& out) {
  const json::value* request = member(entry, "request");
  const auto at = har_time(text_of(entry, "startedDateTime"));
  if (request == nullptr || !at) return false;
  out.at = *at;
  out.request.method = text_of(*request, "method");
  out.request.headers = headers_of(*request);
  out.request.body = body_of(member(*request, "postData"), "_encoding");
  reframe(out.request.headers, out.request.body);
  const std::string url = text_of(*request, "url");
  if (out.request.method.empty() || url.empty()) return false;
  read_target(url, out.request);
  out.https = iequals(std::string_view(url).substr(0, 8), "https://");
  const json::value* response = member(entry, "response");
  const int status = response == nullptr ? 0 : static_cast<int>(std::clamp(number_of(*response, "status"), 0.0, 999.0));
  if (status == 0) return true;  // a request that was blocked or cut off
  out.stable.emplace();
  out.stable->status = status;
  out.stable->reason = text_of(*response, "statusText");
  out.stable->headers = headers_of(*response);
  out.stable->body = body_of(member(*response, "content"), "encoding");
  reframe(out.stable->headers, out.stable->body);
  const double milliseconds = std::clamp(number_of(entry, "time"), 0.0, 1e12);
  out.stable->timing.first_byte = out.stable->timing.last_byte =
      Nanoseconds(static_cast<std::int64_t>(milliseconds * 1e6));
  return true;
}

}  // namespace

HarWriter::HarWriter(std::ostream& out) : out_(out) {
  out_ << R"({"log":{"version":"1.2","creator":{"name":"truemirror","version":"1"},"entries":[)";
}

void HarWriter::write(const CapturedExchange& exchange, TransferStats& stats) {
  if (exchange.candidate) ++stats.lost["candidate answers"];
  if (exchange.control) ++stats.lost["control answers"];
  if (exchange.request.body.truncated()) ++stats.lost["bodies cut at the copy limit"];
  if (!exchange.framing.trailers.empty()) ++stats.lost["trailers"];
  const Response none;
  const Response& response = exchange.stable ? *exchange.stable : none;
  if (!response.trailers.empty()) ++stats.lost["trailers"];
  if (response.body.truncated()) ++stats.lost["bodies cut at the copy limit"];
  const auto milliseconds = [](Nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); };
  json::object entry{{"startedDateTime", format_wall_time(exchange.at)},
                     {"time", milliseconds(response.latency())},
                     {"request", request_json(exchange)},
                     {"response", response_json(response)},
                     {"cache", json::object()},
                     {"timings",
                      {{"send", 0},
                       {"wait", milliseconds(response.timing.first_byte - response.timing.start)},
                       {"receive", milliseconds(response.timing.last_byte - response.timing.first_byte)}}},
                     {"connection", std::to_string(exchange.connection.connection)}};
  out_ << (first_ ? "\n" : ",\n") << json::serialize(entry);
  first_ = false;
  ++stats.exchanges;
}

void HarWriter::finish() { out_ << "\n]}}\n"; }

Result<TransferStats> import_har(std::string_view text, const ExchangeSink& sink) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  boost::system::error_code error;
  json::parse_options lenient;
  lenient.allow_invalid_utf8 = true;
  lenient.max_depth = 64;
  const json::value document = json::parse(json::string_view(text.data(), text.size()), error, {}, lenient);
  if (error) return Problem{"not a HAR file: no JSON (" + error.message() + ")"};
  const json::value* log = member(document, "log");
  const json::value* entries = log == nullptr ? nullptr : member(*log, "entries");
  if (entries == nullptr || !entries->is_array()) return Problem{"not a HAR file: it has no log.entries"};
  TransferStats stats;
  std::map<std::string, std::uint32_t> connections;
  std::uint64_t sequence = 0;
  for (const json::value& entry : entries->get_array()) {
    CapturedExchange exchange;
    exchange.sequence = ++sequence;
    if (!read_entry(entry, exchange)) {
      ++stats.lost["damaged entries"];
      continue;
    }
    // Without a connection a request stands alone.
    const std::string connection = text_of(entry, "connection");
    const std::string key = connection.empty() ? "#" + std::to_string(sequence) : connection;
    const auto number = std::hash<std::string>()(key) >> 1;
    exchange.connection = {number, ++connections[key]};
    ++stats.exchanges;
    if (!sink(std::move(exchange))) break;
  }
  return stats;
}

}  // namespace truemirror
