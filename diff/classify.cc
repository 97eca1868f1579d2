#include "diff/classify.h"

#include <algorithm>
#include <array>

#include "proxy/http/headers.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

constexpr std::array<std::string_view, 12> kNames{"empty", "json",      "ndjson", "form",     "html", "xml",
                                                  "text",  "multipart", "events", "protobuf", "grpc", "binary"};

struct Known {
  std::string_view type;
  Media media;
};
constexpr std::array<Known, 18> kKnown{{
    {"application/json", Media::json},
    {"text/json", Media::json},
    {"application/x-ndjson", Media::ndjson},
    {"application/ndjson", Media::ndjson},
    {"application/jsonl", Media::ndjson},
    {"application/x-jsonlines", Media::ndjson},
    {"application/json-seq", Media::ndjson},
    {"application/x-www-form-urlencoded", Media::form},
    {"text/html", Media::html},
    {"application/xhtml+xml", Media::html},
    {"application/xml", Media::xml},
    {"text/xml", Media::xml},
    {"text/event-stream", Media::events},
    {"application/x-protobuf", Media::protobuf},
    {"application/protobuf", Media::protobuf},
    {"application/vnd.google.protobuf", Media::protobuf},
    {"application/javascript", Media::text},
    {"application/yaml", Media::text},
}};

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}
bool iends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && iequals(text.substr(text.size() - suffix.size()), suffix);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Text has no control characters but white space; the first 4 KiB decide, cut at the end of a sequence.
bool looks_like_text(std::string_view body) {
  constexpr std::size_t kLook = 4096;
  if (body.size() > kLook) {
    body = body.substr(0, kLook);
    while (!body.empty() && (static_cast<unsigned char>(body.back()) & 0x80) != 0) body.remove_suffix(1);
  }
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1B;
  };
  return std::none_of(body.begin(), body.end(), is_control) && is_utf8(body);
}

Media by_look(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return Media::text;
  const std::string_view start = body.substr(first);
  if (start.front() == '{' || start.front() == '[') return Media::json;
  if (istarts_with(start, "<!doctype html") || istarts_with(start, "<html")) return Media::html;
  if (start.starts_with("<?xml")) return Media::xml;
  return looks_like_text(body) ? Media::text : Media::binary;
}

}  // namespace

std::string_view to_string(Media media) { return kNames.at(static_cast<std::size_t>(media)); }

ContentType parse_content_type(std::string_view value) {
  ContentType out;
  out.type = trimmed(value.substr(0, value.find(';')));
  std::string_view rest = value.substr(std::min(value.find(';'), value.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the semicolon
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos) break;
    if (rest[equals] == ';') {  // a parameter without a value
      rest.remove_prefix(equals);
      continue;
    }
    const std::string_view name = trimmed(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    const bool quoted = rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    const std::size_t length = std::min(rest.find(quoted ? '"' : ';'), rest.size());
    const std::string_view parameter = quoted ? rest.substr(0, length) : trimmed(rest.substr(0, length));
    rest.remove_prefix(length);
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    if (iequals(name, "charset")) out.charset = parameter;
    if (iequals(name, "boundary")) out.boundary = parameter;
  }
  return out;
}

Media classify(const ContentType& content_type, std::string_view body) {
  if (body.empty()) return Media::empty;
  const std::string_view type = content_type.type;
  if (type.empty()) return by_look(body);
  for (const Known& known : kKnown) {
    if (iequals(type, known.type)) return known.media;
  }
  if (iends_with(type, "+json")) return Media::json;
  if (iends_with(type, "+xml")) return Media::xml;
  if (istarts_with(type, "multipart/") && !content_type.boundary.empty()) return Media::multipart;
  if (istarts_with(type, "application/grpc")) return Media::grpc;
  // Many a service sends JSON as text/plain; the comparer falls back to text where it is none after all.
  if (istarts_with(type, "text/")) return by_look(body) == Media::json ? Media::json : Media::text;
  return Media::binary;
}

}  // namespace truemirror
