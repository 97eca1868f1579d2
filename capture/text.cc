#include "capture/text.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <utility>

#include "capture/http_text.h"
#include "capture/reader.h"
#include "capture/warc.h"
#include "proxy/http/base64.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

namespace json = boost::json;

// Control bytes, and what is no UTF-8, as \xNN; line ends and tabs stay where `lines` says so.
std::string printable(std::string_view text, bool lines) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_sequence_length(text.substr(at));
    const char c = text[at];
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
                         (size == 2 && c == '\xC2' && static_cast<unsigned char>(text[at + 1]) < 0xA0);
    if (size > 0 && (!control || (lines && (c == '\n' || c == '\t')))) {
      out.append(text.substr(at, size));
      at += size;
      continue;
    }
    ++at;
    if (lines && c == '\r' && at < text.size() && text[at] == '\n') continue;
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out.append(escaped.data());
  }
  return out;
}

std::string status_text(const Response& response) {
  std::string text = response.status > 0 ? std::to_string(response.status) : std::string();
  if (!response.ok()) text.append(text.empty() ? "" : "!").append(to_string(response.error));
  return text.empty() ? "-" : text;
}

json::object headers_body_json(const Headers& headers, const Body& body) {
  json::array fields;
  for (const HeaderField& field : headers) {
    fields.push_back(json::array{valid_utf8(field.name), valid_utf8(field.value)});
  }
  const bool utf8 = is_utf8(body.bytes);
  json::object out{{"headers", std::move(fields)},
                   {"body", utf8 ? body.bytes : base64(body.bytes)},
                   {"encoding", utf8 ? "utf8" : "base64"},
                   {"length", body.length},
                   {"truncated", body.truncated()}};
  if (body.hash) out["xxh3"] = *body.hash;
  return out;
}

json::array trailers_json(const Headers& trailers) {
  json::array out;
  for (const HeaderField& field : trailers) out.push_back(json::array{valid_utf8(field.name), valid_utf8(field.value)});
  return out;
}

json::value response_json(const std::optional<Response>& response) {
  if (!response) return nullptr;
  const auto seconds = [](Nanoseconds time) { return std::chrono::duration<double>(time).count(); };
  json::object out{{"status", response->status}, {"reason", valid_utf8(response->reason)}};
  for (auto& [key, value] : headers_body_json(response->headers, response->body)) out[key] = std::move(value);
  out["trailers"] = trailers_json(response->trailers);
  out["error"] = response->ok() ? json::value(nullptr) : json::value(to_string(response->error));
  out["error_detail"] = valid_utf8(response->error_detail);
  out["start"] = seconds(response->timing.start);
  out["first_byte"] = seconds(response->timing.first_byte);
  out["last_byte"] = seconds(response->timing.last_byte);
  out["latency"] = seconds(response->latency());
  return out;
}

void print_body(const Body& body, std::ostream& out) {
  if (!body.bytes.empty())
    out << (is_utf8(body.bytes) ? printable(body.bytes, true) : "(binary) " + base64(body.bytes)) << '\n';
  if (body.truncated()) out << "(" << body.bytes.size() << " of " << body.length << " bytes)\n";
}

void print_headers(const Headers& headers, std::ostream& out) {
  for (const HeaderField& field : headers)
    out << printable(field.name, false) << ": " << printable(field.value, false) << '\n';
}

void print_exchange(const CapturedExchange& exchange, std::ostream& out) {
  out << "=== " << printable(exchange.run, false) << ' ' << exchange.sequence << "  " << format_wall_time(exchange.at)
      << "  connection " << exchange.connection.connection << '/' << exchange.connection.ordinal << '\n'
      << printable(exchange.request.method, false) << ' ' << printable(exchange.request.target, false) << " HTTP/1.1\n";
  print_headers(exchange.request.headers, out);
  out << '\n';
  print_body(exchange.request.body, out);
  print_headers(exchange.framing.trailers, out);
  for (const Arm which : kCapturedArms) {
    const std::optional<Response>& response = exchange.arm(which);
    if (!response) continue;
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(response->latency()).count();
    out << "\n--- " << to_string(which) << "  " << status_text(*response) << "  " << micros << " us\n";
    if (!response->error_detail.empty()) out << "(" << printable(response->error_detail, false) << ")\n";
    if (response->status > 0)
      out << "HTTP/1.1 " << response->status << ' ' << printable(response->reason, false) << '\n';
    print_headers(response->headers, out);
    out << '\n';
    print_body(response->body, out);
    print_headers(response->trailers, out);
  }
  out << '\n';
}

// Calls `each` for every exchange; it says whether to go on.
template <class Each>
Result<void> for_each_exchange(const std::vector<std::filesystem::path>& paths, ReadStats* stats, Each&& each) {
  auto reader = CaptureReader::open(paths);
  if (!reader) return reader.error();
  for (CapturedExchange exchange;;) {
    const Result<bool> read = reader->next(exchange);
    if (!read) return read.error();
    if (!*read || !each(exchange)) break;
  }
  if (stats != nullptr) *stats = reader->stats();
  return {};
}

}  // namespace

std::string exchange_json(const CapturedExchange& exchange) {
  json::object request{{"method", valid_utf8(exchange.request.method)},
                       {"target", valid_utf8(exchange.request.target)}};
  for (auto& [key, value] : headers_body_json(exchange.request.headers, exchange.request.body))
    request[key] = std::move(value);
  request["chunked"] = exchange.framing.chunked;
  request["trailers"] = trailers_json(exchange.framing.trailers);
  json::object out{{"at", format_wall_time(exchange.at)},
                   {"run", valid_utf8(exchange.run)},
                   {"id", exchange.sequence},
                   {"connection", exchange.connection.connection},
                   {"ordinal", exchange.connection.ordinal},
                   {"request", std::move(request)}};
  for (const Arm which : kCapturedArms) out[to_string(which)] = response_json(exchange.arm(which));
  return json::serialize(out);
}

Result<void> capture_ls(const std::vector<std::filesystem::path>& paths, std::ostream& out, ReadStats* stats) {
  // With the first exchange: over a message that there is no capture it would only confuse.
  auto title = [&out, told = false]() mutable {
    if (std::exchange(told, true)) return;
    out << "at                              id  stable  candidate  control  request  response  method  target\n";
  };
  Result<void> read = for_each_exchange(paths, stats, [&](const CapturedExchange& exchange) {
    title();
    std::array<char, 160> line{};
    const auto status = [&](Arm which) {
      return exchange.arm(which) ? status_text(*exchange.arm(which)) : std::string("-");
    };
    const std::string size = exchange.stable ? std::to_string(exchange.stable->body.length) : "-";
    std::snprintf(line.data(), line.size(), "%-30s %3llu  %6s  %9s  %7s  %7llu  %8s  ",
                  format_wall_time(exchange.at).c_str(), static_cast<unsigned long long>(exchange.sequence),
                  status(Arm::stable).c_str(), status(Arm::candidate).c_str(), status(Arm::control).c_str(),
                  static_cast<unsigned long long>(exchange.request.body.length), size.c_str());
    out << line.data() << printable(exchange.request.method, false) << "  " << printable(exchange.request.target, false)
        << '\n';
    return true;
  });
  if (read) title();
  return read;
}

Result<void> capture_cat(const std::vector<std::filesystem::path>& paths, const CatOptions& options, std::ostream& out,
                         ReadStats* stats) {
  bool found = !options.id;
  Result<void> read = for_each_exchange(paths, stats, [&](const CapturedExchange& exchange) {
    if (options.id && exchange.sequence != *options.id) return true;
    found = true;
    if (options.json) {
      out << exchange_json(exchange) << '\n';
    } else {
      print_exchange(exchange, out);
    }
    return static_cast<bool>(out);
  });
  if (!read) return read;
  if (!found)
    return Problem{"no exchange " + std::to_string(*options.id) + " in there; `truemirror capture ls` lists their ids"};
  return {};
}

Result<bool> capture_verify(const std::vector<std::filesystem::path>& paths, std::ostream& out) {
  const auto files = list_segments(paths);
  if (!files) return files.error();
  bool intact = true;
  for (const std::filesystem::path& file : *files) {
    auto reader = CaptureReader::open({file});
    if (!reader) {
      // A file that is none of ours among others is damage, alone it is a mistake of the one who asks.
      if (files->size() == 1) return reader.error();
      out << reader.error().text << '\n';
      intact = false;
      continue;
    }
    for (CapturedExchange exchange;;) {
      const Result<bool> read = reader->next(exchange);
      if (!read) return read.error();
      if (!*read) break;
    }
    const ReadStats& stats = reader->stats();
    intact = intact && stats.intact() && stats.problems.empty();
    out << file.string() << ": " << (stats.intact() && stats.problems.empty() ? "intact" : "damaged") << ", "
        << stats.exchanges << " exchanges, " << stats.records << " records, " << stats.bytes << " bytes";
    if (stats.skipped_frames > 0)
      out << "; skipped " << stats.skipped_bytes << " bytes in " << stats.skipped_frames << " places";
    if (stats.incomplete > 0) out << "; " << stats.incomplete << " incomplete";
    if (stats.torn_tail) out << "; torn tail";
    out << '\n';
    for (const std::string& problem : stats.problems) out << "  " << problem << '\n';
  }
  return intact;
}

Result<void> capture_dict(const std::filesystem::path& file, std::ostream& out) {
  auto reader = SegmentReader::open(file);
  if (!reader) return reader.error();
  WarcRecord record;
  const Result<bool> read = reader->next(record);
  if (!read) return read.error();
  if (reader->dictionary().empty()) {
    return Problem{file.string() + ": has no dictionary: it is a first segment, `zstd -dc` reads it as it is"};
  }
  out << reader->dictionary();
  return {};
}

}  // namespace truemirror
