#include "capture/warc.h"

#include <array>
#include <charconv>
#include <cstdio>

#include "capture/http_text.h"
#include "capture/percent.h"

namespace truemirror {
namespace {

constexpr std::string_view kIdPrefix = "<urn:truemirror:";
constexpr std::size_t kUsualRecord = 2u << 10;  // holds most records

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Right-aligned, with zeros: `count` places from `at`.
void write_digits(std::string& out, std::size_t at, std::size_t count, std::uint64_t value) {
  for (std::size_t place = at + count; place-- > at; value /= 10) out[place] = static_cast<char>('0' + value % 10);
}

std::string hex16(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

// What the records of one exchange have in common.
struct ExchangeNames {
  std::string id;  // of the records, without the role
  std::string date, uri;

  [[nodiscard]] std::string record_id(std::string_view role) const { return std::string(id).append(role).append(">"); }
};

// The URI of the request, for other WARC tools; truemirror itself reads its scheme, and the target from the message.
std::string target_uri(const CapturedExchange& exchange) {
  const Request& request = exchange.request;
  constexpr std::string_view kUri = "/:?#@!$&'()*+,;=%~";
  std::string uri;
  if (request.target.find("://") == std::string::npos) {
    uri.append(exchange.scheme()).append("://");
    append_percent(uri, request.headers.get("host").value_or("unknown"), ":");
    if (!request.target.starts_with('/')) uri.push_back('/');
  }
  append_percent(uri, request.target, kUri);
  return uri;
}

ExchangeNames names_of(const CapturedExchange& exchange) {
  std::string id(kIdPrefix);
  id.append(clean_run_id(exchange.run)).append(":").append(std::to_string(exchange.sequence)).append(":");
  return {std::move(id), format_wall_time(exchange.at), target_uri(exchange)};
}

// Opens a record; `finish` closes it.
std::string start_record(std::string_view type, std::string_view id, std::string_view date) {
  std::string out;
  out.reserve(kUsualRecord);
  out.append("WARC/1.1\r\n");
  append_field_line(out, "WARC-Type", type);
  append_field_line(out, "WARC-Record-ID", id);
  append_field_line(out, "WARC-Date", date);
  return out;
}

std::string finish(std::string fields, std::string_view block) {
  append_field_line(fields, "Content-Length", std::to_string(block.size()));
  return fields.append("\r\n").append(block).append("\r\n\r\n");
}

constexpr std::string_view kFraming = "Truemirror-Framing";
constexpr std::string_view kTrailers = "Truemirror-Trailers";

void append_trailers(std::string& out, const Headers& trailers) {
  if (!trailers.empty()) append_field_line(out, kTrailers, trailers_text(trailers));
}

// `framing`: what the body is out of; empty where its length says it.
void append_body_fields(std::string& out, std::string_view framing, const Body& body, const MessageNotes& notes) {
  if (body.truncated() || body.hash) {
    std::string value = std::to_string(body.length);
    if (body.hash) value.append(" xxh3=").append(hex16(*body.hash));
    if (body.truncated()) append_field_line(out, "WARC-Truncated", "length");
    append_field_line(out, "Truemirror-Truncated", value);
  }
  if (!framing.empty()) append_field_line(out, kFraming, framing);
  if (!notes.original.empty()) append_field_line(out, "Truemirror-Original", notes.original);
  if (notes.withheld) append_field_line(out, "Truemirror-Withheld", "body");
}

std::string_view removed_framing(const Headers& headers, const Body& body) {
  return body.length > 0 && !headers.has("content-length") ? "removed" : "";
}

std::string_view request_framing(const CapturedExchange& exchange) {
  if (exchange.framing.withheld) return "withheld";
  return exchange.framing.chunked ? "chunked" : removed_framing(exchange.request.headers, exchange.request.body);
}

bool read_body_fields(const WarcRecord& record, Body& body) {
  const auto field = record.fields.get("Truemirror-Truncated");
  if (!field) return true;
  const std::size_t space = field->find(' ');
  const auto length = parse_number<std::uint64_t>(field->substr(0, space));
  if (!length || *length < body.bytes.size()) return false;
  body.length = *length;
  if (space == field->npos) return true;
  const std::string_view hash = field->substr(space + 1);
  if (!hash.starts_with("xxh3=")) return false;
  body.hash = parse_number<std::uint64_t>(hash.substr(5), 16);
  return body.hash.has_value();
}

std::string request_record(const CapturedExchange& exchange, const ExchangeNames& names, const ExchangeNotes& notes) {
  std::string out = start_record("request", names.record_id("request"), names.date);
  append_field_line(out, "WARC-Target-URI", names.uri);
  for (const Arm which : kCapturedArms) {
    if (exchange.arm(which)) append_field_line(out, "WARC-Concurrent-To", names.record_id(to_string(which)));
  }
  append_field_line(out, "Truemirror-Role", "request");
  append_field_line(out, "Truemirror-Connection",
                    std::to_string(exchange.connection.connection) + "/" + std::to_string(exchange.connection.ordinal));
  const Request& request = exchange.request;
  append_trailers(out, exchange.framing.trailers);
  append_body_fields(out, request_framing(exchange), request.body, notes.request);
  append_field_line(out, "Content-Type", "application/http;msgtype=request");
  std::string block;
  append_request_text(block, request);
  return finish(std::move(out), block);
}

std::string response_record(const CapturedExchange& exchange, const ExchangeNames& names, Arm which,
                            const MessageNotes& notes) {
  const Response& response = *exchange.arm(which);
  const bool has_head = response.status > 0;
  // What is no HTTP message may not call itself `response`: other tools would try to parse it.
  std::string out = start_record(has_head ? "response" : "metadata", names.record_id(to_string(which)), names.date);
  append_field_line(out, "WARC-Target-URI", names.uri);
  append_field_line(out, "WARC-Concurrent-To", names.record_id("request"));
  append_field_line(out, "Truemirror-Role", to_string(which));
  append_field_line(out, "Truemirror-Start", std::to_string(response.timing.start.count()));
  append_field_line(out, "Truemirror-First-Byte", std::to_string(response.timing.first_byte.count()));
  append_field_line(out, "Truemirror-Last-Byte", std::to_string(response.timing.last_byte.count()));
  if (!response.ok()) append_field_line(out, "Truemirror-Error", to_string(response.error));
  if (!response.error_detail.empty()) append_field_line(out, "Truemirror-Error-Detail", response.error_detail);
  append_trailers(out, response.trailers);
  append_body_fields(out, removed_framing(response.headers, response.body), response.body, notes);
  append_field_line(out, "Content-Type", has_head ? "application/http;msgtype=response" : "application/octet-stream");
  std::string block;
  append_response_text(block, response);
  return finish(std::move(out), block);
}

}  // namespace

std::string clean_run_id(std::string_view run) {
  std::string out(run.substr(0, 64));
  for (char& c : out) {
    if (!is_plain(c)) c = '-';
  }
  return out.empty() ? "-" : out;
}

std::string format_wall_time(WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<Nanoseconds> time{at - day};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  std::string text = "0000-00-00T00:00:00.000000000Z";
  write_digits(text, 0, 4, year);
  write_digits(text, 5, 2, static_cast<unsigned>(date.month()));
  write_digits(text, 8, 2, static_cast<unsigned>(date.day()));
  write_digits(text, 11, 2, static_cast<std::uint64_t>(time.hours().count()));
  write_digits(text, 14, 2, static_cast<std::uint64_t>(time.minutes().count()));
  write_digits(text, 17, 2, static_cast<std::uint64_t>(time.seconds().count()));
  write_digits(text, 20, 9, static_cast<std::uint64_t>(time.subseconds().count()));
  return text;
}

std::optional<WallTime> parse_wall_time(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() < 20 || text.size() > 30 || text.back() != 'Z') return std::nullopt;
  for (std::size_t at = 0; at < kShape.size(); ++at) {
    const bool digit = text[at] >= '0' && text[at] <= '9';
    if (kShape[at] == '0' ? !digit : text[at] != kShape[at]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) { return *parse_number<int>(text.substr(at, size)); };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  // Nanoseconds in 64 bits reach from 1678 to 2262.
  if (!date.ok() || number(0, 4) < 1700 || number(0, 4) > 2200 || number(11, 2) > 23 || number(14, 2) > 59 ||
      number(17, 2) > 60) {
    return std::nullopt;
  }
  std::int64_t fraction = 0;
  if (text.size() > 20) {
    std::string digits(text.substr(20, text.size() - 21));
    digits.resize(9, '0');
    const auto parsed = parse_number<std::uint64_t>(digits);
    if (text[19] != '.' || !parsed) return std::nullopt;
    fraction = static_cast<std::int64_t>(*parsed);
  }
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(number(11, 2)) +
         std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2)) + Nanoseconds(fraction);
}

std::string warcinfo_record(const WarcInfo& info) {
  const std::string run = clean_run_id(info.run);
  std::string out =
      start_record("warcinfo", std::string(kIdPrefix) + run + ":" + std::to_string(info.segment) + ":warcinfo>",
                   format_wall_time(info.at));
  append_field_line(out, "WARC-Filename", info.filename);
  append_field_line(out, "Content-Type", "application/warc-fields");
  std::string block;
  append_field_line(block, "software", "truemirror/" + info.version);
  append_field_line(block, "format", "WARC File Format 1.1");
  append_field_line(block, "conformsTo",
                    "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/");
  append_field_line(block, "truemirror-run", run);
  append_field_line(block, "truemirror-segment", std::to_string(info.segment));
  if (!info.config_hash.empty()) append_field_line(block, "truemirror-config", info.config_hash);
  if (!info.redaction_hash.empty()) append_field_line(block, "truemirror-redaction", info.redaction_hash);
  append_field_line(block, "truemirror-clock",
                    format_wall_time(info.at) + " monotonic=" + std::to_string(info.monotonic.count()));
  return finish(std::move(out), block);
}

std::vector<std::string> exchange_records(const CapturedExchange& exchange, const ExchangeNotes& notes) {
  const ExchangeNames names = names_of(exchange);
  std::vector<std::string> records;
  records.reserve(1 + std::size(kCapturedArms));
  records.push_back(request_record(exchange, names, notes));
  for (const Arm which : kCapturedArms) {
    if (exchange.arm(which)) records.push_back(response_record(exchange, names, which, notes.arm(which)));
  }
  return records;
}

std::optional<WarcRecord> parse_warc_record(std::string_view bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  if (!bytes.starts_with("WARC/1.1\r\n") && !bytes.starts_with("WARC/1.0\r\n")) return std::nullopt;
  bytes.remove_prefix(10);
  WarcRecord record;
  const std::size_t used = parse_field_lines(bytes, record.fields);
  if (used == 0) return std::nullopt;
  bytes.remove_prefix(used);
  const auto length = parse_number<std::uint64_t>(record.field("Content-Length"));
  if (!length || bytes.size() < kEnd.size() || *length != bytes.size() - kEnd.size()) return std::nullopt;
  if (!bytes.ends_with(kEnd)) return std::nullopt;
  record.block = bytes.substr(0, bytes.size() - kEnd.size());
  return record;
}

std::optional<RecordId> parse_record_id(std::string_view text) {
  if (!text.starts_with(kIdPrefix) || !text.ends_with('>')) return std::nullopt;
  text = text.substr(kIdPrefix.size(), text.size() - kIdPrefix.size() - 1);
  const std::size_t role_at = text.rfind(':');
  if (role_at == text.npos || role_at == 0) return std::nullopt;
  const std::size_t sequence_at = text.rfind(':', role_at - 1);
  if (sequence_at == text.npos) return std::nullopt;
  const auto sequence = parse_number<std::uint64_t>(text.substr(sequence_at + 1, role_at - sequence_at - 1));
  if (!sequence) return std::nullopt;
  return RecordId{std::string(text.substr(0, sequence_at)), *sequence, std::string(text.substr(role_at + 1))};
}

bool read_request(const WarcRecord& record, const RecordId& id, CapturedExchange& out) {
  out = CapturedExchange();
  const auto at = parse_wall_time(record.field("WARC-Date"));
  const std::string_view connection = record.field("Truemirror-Connection");
  const std::size_t slash = connection.find('/');
  if (!at || slash == connection.npos) return false;
  const auto number = parse_number<std::uint64_t>(connection.substr(0, slash));
  const auto ordinal = parse_number<std::uint32_t>(connection.substr(slash + 1));
  if (!number || !ordinal || !parse_request_text(record.block, out.request)) return false;
  out.run = id.run;
  out.sequence = id.sequence;
  out.at = *at;
  out.connection = {*number, *ordinal};
  out.https = record.field("WARC-Target-URI").starts_with("https://");
  // `removed` is what older captures say of it, and imports of a body whose length no field tells.
  const std::string_view framing = record.field(kFraming);
  out.framing.withheld = framing == "withheld";
  out.framing.chunked = framing == "chunked" || framing == "removed" ||
                        (out.framing.withheld && !out.request.headers.has("content-length"));
  if (!parse_trailers(record.field(kTrailers), out.framing.trailers)) return false;
  return read_body_fields(record, out.request.body);
}

bool read_response(const WarcRecord& record, Response& out) {
  out = Response();
  if (record.field("WARC-Type") == "response") {
    if (!parse_response_text(record.block, out)) return false;
  } else {
    out.body = Body(std::string(record.block));
  }
  const auto time = [&](std::string_view name, Nanoseconds& value) {
    const auto parsed = parse_number<std::int64_t>(record.field(name));
    if (parsed) value = Nanoseconds(*parsed);
    return parsed.has_value();
  };
  if (!time("Truemirror-Start", out.timing.start) || !time("Truemirror-First-Byte", out.timing.first_byte) ||
      !time("Truemirror-Last-Byte", out.timing.last_byte)) {
    return false;
  }
  const auto error = arm_error_from(record.field("Truemirror-Error"));
  if (!error || !parse_trailers(record.field(kTrailers), out.trailers)) return false;
  out.error = *error;
  out.error_detail = record.field("Truemirror-Error-Detail");
  return read_body_fields(record, out.body);
}

}  // namespace truemirror
