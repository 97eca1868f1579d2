#include "capture/body_redact.h"

#include <algorithm>

#include "capture/http_text.h"
#include "capture/json_redact.h"

namespace truemirror {
namespace {

constexpr std::size_t kLongestWord = 320;  // an e-mail address: 64 + 1 + 255

// The value of a parameter such as boundary or name, without quotes; empty where there is none.
std::string_view parameter(std::string_view field, std::string_view name) {
  std::size_t semicolon = field.find(';');
  while (semicolon != field.npos) {
    field.remove_prefix(semicolon + 1);
    field.remove_prefix(std::min(field.find_first_not_of(" \t"), field.size()));
    semicolon = field.find(';');
    if (field.size() <= name.size() || field[name.size()] != '=' || !iequals(field.substr(0, name.size()), name))
      continue;
    std::string_view value = field.substr(name.size() + 1);
    if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
    return value.substr(0, value.find_first_of("; \t"));
  }
  return {};
}

std::string media_type(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return ascii_lower(type);
}

// Bytes that read as UTF-8 without NUL; a copy limit may have cut the last character.
bool looks_like_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[at]);
    if (lead == 0) return false;
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
    if (size == 0) return false;
    if (at + size > bytes.size()) return true;
    for (std::size_t next = at + 1; next < at + size; ++next) {
      if ((static_cast<unsigned char>(bytes[next]) & 0xC0) != 0x80) return false;
    }
    at += size;
  }
  return true;
}

// Where a cut body ends between two words.
std::size_t last_border(std::string_view bytes, std::string_view borders) {
  const std::size_t from = bytes.size() - std::min(bytes.size(), kLongestWord);
  const std::size_t at = bytes.find_last_of(borders);
  return at == bytes.npos || at < from ? from : at;
}

std::optional<RedactedBody> redact_text(std::string_view bytes, bool cut, const RedactionPolicy& policy) {
  if (policy.keeps_only_named_fields()) return std::nullopt;
  const std::size_t kept = cut ? last_border(bytes, " \t\r\n") : bytes.size();
  return RedactedBody{policy.text(bytes.substr(0, kept)), kept};
}

std::optional<RedactedBody> redact_json_body(std::string_view bytes, bool cut, const RedactionPolicy& policy) {
  auto json = redact_json(bytes, policy, cut);
  if (!json) return std::nullopt;
  return RedactedBody{std::move(json->text), json->kept};
}

// Server-sent events: a line's data may be a JSON document.
std::optional<RedactedBody> redact_events(std::string_view bytes, bool cut, const RedactionPolicy& policy) {
  if (cut) bytes = bytes.substr(0, bytes.find_last_of("\r\n") == bytes.npos ? 0 : bytes.find_last_of("\r\n") + 1);
  RedactedBody out{{}, bytes.size()};
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size() - 1) + 1;
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end);
    if (line.starts_with("data:")) {
      if (auto json = redact_json(line.substr(5), policy, false)) {
        out.bytes.append("data:").append(json->text);
        continue;
      }
    }
    if (policy.keeps_only_named_fields() && line.find_first_not_of("\r\n") != line.npos) return std::nullopt;
    out.bytes.append(policy.text(line));
  }
  return out;
}

std::optional<RedactedBody> redact_form(std::string_view bytes, bool cut, const RedactionPolicy& policy) {
  const std::size_t last = bytes.rfind('&');
  const std::size_t kept = !cut ? bytes.size() : last == bytes.npos ? 0 : last;
  return RedactedBody{policy.pairs(bytes.substr(0, kept), false), kept};
}

// Binary bytes cannot take a token without breaking: where something is found in them they are withheld.
std::optional<RedactedBody> pass_or_withhold(std::string_view bytes, const RedactionPolicy& policy) {
  if (policy.keeps_only_named_fields() || !find_secrets(bytes, policy.field_names()).empty()) return std::nullopt;
  return RedactedBody{std::string(bytes), bytes.size()};
}

std::optional<RedactedBody> redact_unknown(std::string_view bytes, bool cut, const RedactionPolicy& policy) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return std::nullopt;  // UTF-16
  if (!looks_like_text(bytes)) return pass_or_withhold(bytes, policy);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first != bytes.npos && (bytes[first] == '{' || bytes[first] == '[')) {
    if (auto json = redact_json_body(bytes, cut, policy)) return json;
  }
  return redact_text(bytes, cut, policy);
}

// One part of a multipart body, its headers included; none where the whole body must be withheld.
std::optional<std::string> redact_part(std::string_view part, bool cut, const RedactionPolicy& policy) {
  Headers headers;
  const std::size_t head = parse_field_lines(part, headers);
  if (head == 0) return std::nullopt;
  const std::string_view content = part.substr(head);
  const std::string_view name = parameter(headers.get("content-disposition").value_or(""), "name");
  const std::string_view content_type = headers.get("content-type").value_or("");
  std::string out = policy.text(part.substr(0, head));
  std::string_view type = policy.field_type(name);
  // A mask in the name may change what it reads as: either name's word counts.
  if (type.empty()) type = policy.field_type(policy.text(name));
  if (!type.empty()) return out.append(policy.mask(type, content));
  // A kept field's own text has no further names to go by.
  const bool plain = content_type.empty() && !name.empty();
  auto safe = plain ? std::optional<RedactedBody>(RedactedBody{policy.text(content), 0})
                    : redact_body(content, content_type, cut, policy);
  return out.append(safe ? safe->bytes : policy.mask("part", content));
}

// RFC 2046 §5.1.1: parts stand between lines `--boundary`, the last one `--boundary--`.
std::optional<RedactedBody> redact_multipart(std::string_view bytes, std::string_view content_type, bool cut,
                                             const RedactionPolicy& policy) {
  const std::string_view boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70) return std::nullopt;
  const std::string first = "--" + std::string(boundary);
  const std::string delimiter = "\r\n" + first;
  if (!bytes.starts_with(first)) return std::nullopt;
  RedactedBody out{first, bytes.size()};
  std::size_t at = first.size();
  while (!bytes.substr(at).starts_with("--")) {
    if (!bytes.substr(at).starts_with("\r\n")) return std::nullopt;
    const std::size_t end = bytes.find(delimiter, at);
    if (end == bytes.npos) {
      if (!cut) return std::nullopt;
      out.kept = at;  // the part that the copy limit broke is left out
      return out;
    }
    if (end < at + 2) return std::nullopt;
    auto part = redact_part(bytes.substr(at + 2, end - at - 2), false, policy);
    if (!part) return std::nullopt;
    out.bytes.append("\r\n").append(*part).append(delimiter);
    at = end + delimiter.size();
  }
  out.bytes.append(policy.text(bytes.substr(at)));
  return out;
}

}  // namespace

BodyShape body_shape(std::string_view content_type) {
  const std::string type = media_type(content_type);
  const std::string charset = ascii_lower(parameter(content_type, "charset"));
  if (charset.starts_with("utf-16") || charset.starts_with("utf-32") || charset.starts_with("ucs-"))
    return BodyShape::undecodable;
  if (type.ends_with("/json") || type.ends_with("+json") || type == "application/x-ndjson" ||
      type == "application/ndjson" || type == "application/jsonl" || type == "application/json-seq") {
    return BodyShape::json;
  }
  if (type == "application/x-www-form-urlencoded") return BodyShape::form;
  if (type.starts_with("multipart/")) return BodyShape::multipart;
  if (type == "text/event-stream") return BodyShape::events;
  if (type.ends_with("+xml") || type.ends_with("/xml")) return BodyShape::text;
  for (const std::string_view opaque : {"image/", "video/", "audio/", "font/"}) {
    if (type.starts_with(opaque)) return BodyShape::opaque;
  }
  return BodyShape::unknown;
}

std::optional<RedactedBody> redact_body(std::string_view bytes, std::string_view content_type, bool cut,
                                        const RedactionPolicy& policy) {
  switch (body_shape(content_type)) {
    case BodyShape::json:
      return redact_json_body(bytes, cut, policy);
    case BodyShape::form:
      return redact_form(bytes, cut, policy);
    case BodyShape::multipart:
      return redact_multipart(bytes, content_type, cut, policy);
    case BodyShape::events:
      return redact_events(bytes, cut, policy);
    case BodyShape::text:
      return redact_text(bytes, cut, policy);
    case BodyShape::unknown:
      return redact_unknown(bytes, cut, policy);
    case BodyShape::undecodable:
      return std::nullopt;
    case BodyShape::opaque:
      break;
  }
  if (policy.keeps_only_named_fields()) return std::nullopt;
  return RedactedBody{std::string(bytes), bytes.size()};
}

}  // namespace truemirror
