#include "capture/gor.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <unordered_map>

#include "capture/http_text.h"

namespace truemirror {
namespace {

constexpr std::string_view kSeparator = "\n\xF0\x9F\x90\xB5\xF0\x9F\x99\x88\xF0\x9F\x99\x89\n";

struct Payload {
  char type = '1';
  std::string_view id;
  std::int64_t time = 0;     // nanoseconds since 1970
  std::int64_t latency = 0;  // nanoseconds, of an answer
  std::string_view message;
};

bool take_number(std::string_view& text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

bool parse_payload(std::string_view text, Payload& out) {
  const std::size_t line_end = text.find('\n');
  if (line_end == text.npos || text.size() < 4 || text[0] < '1' || text[0] > '3' || text[1] != ' ') return false;
  std::string_view line = text.substr(2, line_end - 2);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t space = line.find(' ');
  if (space == line.npos || space == 0) return false;
  out = {text[0], line.substr(0, space), 0, 0, text.substr(line_end + 1)};
  line.remove_prefix(space + 1);
  if (!take_number(line, out.time)) return false;
  if (!line.empty() && !take_number(line, out.latency)) return false;
  return line.empty();
}

// GoReplay keeps the bytes of the wire: chunks are put together here, as everywhere in truemirror.
bool remove_chunks(Headers& headers, Body& body, Headers& trailers) {
  const auto coding = headers.get("transfer-encoding");
  if (!coding) return true;
  if (!iequals(*coding, "chunked")) return false;
  std::string_view rest = body.bytes;
  std::string whole;
  for (;;) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size, 16);
    const std::size_t line_end = rest.find("\r\n");
    if (error != std::errc() || line_end == rest.npos || end > rest.data() + line_end) return false;
    rest.remove_prefix(line_end + 2);
    if (size == 0) break;
    if (rest.size() < 2 || size > rest.size() - 2 || rest.substr(size, 2) != "\r\n") return false;
    whole.append(rest.substr(0, size));
    rest.remove_prefix(size + 2);
  }
  Headers after;
  if (parse_field_lines(rest, after) == 0) return false;
  trailers = std::move(after);
  headers.remove("transfer-encoding");
  body = Body(std::move(whole));
  return true;
}

class GorImport {
 public:
  explicit GorImport(const ExchangeSink& sink) : sink_(sink) {}

  Result<TransferStats> run(std::string_view text) {
    bool any = false;
    while (!text.empty()) {
      const std::size_t end = text.find(kSeparator);
      const std::string_view part = text.substr(0, end);
      text.remove_prefix(end == text.npos ? text.size() : end + kSeparator.size());
      Payload payload;
      if (!parse_payload(part, payload)) {
        if (!any) return Problem{"not a GoReplay file: its first line is not `1 ID NANOSECONDS`"};
        ++stats_.lost["damaged payloads"];
        continue;
      }
      any = true;
      if (!(payload.type == '1' ? request(payload) : answer(payload))) ++stats_.lost["damaged payloads"];
    }
    for (CapturedExchange& exchange : exchanges_) {
      ++stats_.exchanges;
      if (!sink_(std::move(exchange))) break;
    }
    return stats_;
  }

 private:
  bool request(const Payload& payload) {
    CapturedExchange exchange;
    if (!parse_request_text(payload.message, exchange.request)) return false;
    exchange.framing.chunked = exchange.request.headers.has("transfer-encoding");
    if (!remove_chunks(exchange.request.headers, exchange.request.body, exchange.framing.trailers)) return false;
    exchange.sequence = exchanges_.size() + 1;
    exchange.at = WallTime(Nanoseconds(payload.time));
    exchange.connection = {exchange.sequence, 1};  // gor knows no connections: each request stands alone
    by_id_[std::string(payload.id)] = exchanges_.size();
    exchanges_.push_back(std::move(exchange));
    return true;
  }

  bool answer(const Payload& payload) {
    const auto at = by_id_.find(std::string(payload.id));
    Response response;
    if (at == by_id_.end() || !parse_response_text(payload.message, response)) return false;
    if (!remove_chunks(response.headers, response.body, response.trailers)) return false;
    response.timing.last_byte = response.timing.first_byte = Nanoseconds(payload.latency);
    CapturedExchange& exchange = exchanges_[at->second];
    (payload.type == '2' ? exchange.stable : exchange.candidate) = std::move(response);
    return true;
  }

  const ExchangeSink& sink_;
  std::vector<CapturedExchange> exchanges_;
  std::unordered_map<std::string, std::size_t> by_id_;
  TransferStats stats_;
};

void write_payload(std::ostream& out, char type, const CapturedExchange& exchange, std::int64_t latency,
                   const std::string& message) {
  // 24 hex digits, as GoReplay's own ids: it takes the first eight as the connection's.
  std::array<char, 32> id{};
  std::snprintf(id.data(), id.size(), "%08llx%016llx",
                static_cast<unsigned long long>(exchange.connection.connection & 0xFFFFFFFF),
                static_cast<unsigned long long>(exchange.sequence));
  out << type << ' ' << id.data() << ' ' << exchange.at.time_since_epoch().count();
  if (type != '1') out << ' ' << latency;
  out << '\n' << message << kSeparator;
}

}  // namespace

Result<TransferStats> import_gor(std::string_view text, const ExchangeSink& sink) { return GorImport(sink).run(text); }

void write_gor(const CapturedExchange& exchange, std::ostream& out, TransferStats& stats) {
  std::string message;
  append_request_text(message, exchange.request);
  write_payload(out, '1', exchange, 0, message);
  ++stats.exchanges;
  if (!exchange.framing.trailers.empty()) ++stats.lost["trailers"];
  if (exchange.request.body.truncated()) ++stats.lost["bodies cut at the copy limit"];
  if (exchange.control) ++stats.lost["control answers"];
  for (const Arm which : {Arm::stable, Arm::candidate}) {
    const std::optional<Response>& response = exchange.arm(which);
    if (!response) continue;
    if (response->status == 0) {
      ++stats.lost["errors without a response"];
      continue;
    }
    if (!response->trailers.empty()) ++stats.lost["trailers"];
    if (response->body.truncated()) ++stats.lost["bodies cut at the copy limit"];
    message.clear();
    append_response_text(message, *response);
    write_payload(out, which == Arm::stable ? '2' : '3', exchange, response->latency().count(), message);
  }
}

}  // namespace truemirror
