#include "diff/fields.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "diff/classify.h"
#include "diff/header_value.h"
#include "diff/text.h"
#include "proxy/http/headers.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

using Fields = std::map<std::string, std::vector<std::string>, std::less<>>;

Fields form_fields(std::string_view text) {
  Fields out;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(field.size() + 1, text.size()));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    out[form_decoded(field.substr(0, equals))].push_back(
        form_decoded(field.substr(std::min(equals + 1, field.size()))));
  }
  return out;
}

constexpr std::size_t kMostPartFields = 64;  // of a part's head; those after them do not count

struct Part {
  std::string name;
  Headers headers;
  std::string_view content;
};

// The parameter `name` of a Content-Disposition; empty where it has none.
std::string part_name(std::string_view disposition) {
  for (const std::string_view parameter : split_field(disposition, ';')) {
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    if (!iequals(trimmed_field(parameter.substr(0, equals)), "name")) continue;
    std::string_view value = trimmed_field(parameter.substr(std::min(equals + 1, parameter.size())));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

Part parse_part(std::string_view text, std::size_t number) {
  Part out{std::to_string(number), {}, text};
  const std::size_t blank = text.starts_with("\r\n") ? 0 : text.find("\r\n\r\n");
  if (blank == std::string_view::npos) return out;
  std::string_view head = text.substr(0, blank);
  out.content = text.substr(std::min(blank + (blank == 0 ? 2 : 4), text.size()));
  while (!head.empty() && out.headers.size() < kMostPartFields) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    out.headers.add(line.substr(0, colon), trimmed_field(line.substr(std::min(colon + 1, line.size()))));
  }
  if (std::string name = part_name(out.headers.get("content-disposition").value_or("")); !name.empty()) {
    out.name = std::move(name);
  }
  return out;
}

// RFC 2046 §5.1.1: parts lie between lines of `--boundary`, the last of which has two more dashes.
std::optional<std::vector<Part>> parse_parts(std::string_view body, std::string_view boundary) {
  const std::string opening = "--" + std::string(boundary), between = "\r\n" + opening;
  if (!body.starts_with(opening)) {
    const std::size_t first = body.find(between);
    if (first == std::string_view::npos) return std::nullopt;
    body.remove_prefix(first + 2);
  }
  body.remove_prefix(opening.size());
  std::vector<Part> out;
  while (!body.starts_with("--")) {
    const std::size_t line_end = body.find("\r\n");
    if (line_end == std::string_view::npos) return std::nullopt;
    body.remove_prefix(line_end + 2);
    const std::size_t end = body.find(between);
    if (end == std::string_view::npos) return std::nullopt;
    out.push_back(parse_part(body.substr(0, end), out.size() + 1));
    body.remove_prefix(end + between.size());
  }
  return out;
}

Response as_response(const Part& part) {
  Response out;
  if (const auto type = part.headers.get("content-type")) out.headers.add("Content-Type", *type);
  out.body = Body(std::string(part.content));
  return out;
}

// The head of a part, at a mark of its own. Its length follows from its content.
void diff_part_heads(const Headers& stable, const Headers& arm, Location& at, DivergenceSink& sink) {
  if (stable == arm) return;
  std::set<std::string> names;
  for (const Headers* head : {&stable, &arm}) {
    for (const HeaderField field : *head) names.insert(ascii_lower(field.name));
  }
  names.erase("content-length");
  at.push_mark("~header");
  for (const std::string& name : names) {
    const auto from = stable.get(name), to = arm.get(name);
    if (from && to && compare_header_values(name, *from, *to) == HeaderChange::none) continue;
    at.push_name(name);
    add_text_divergence(sink, at, from, to);
    at.pop();
  }
  at.pop();
}

void diff_parts(const Part& stable, const Part& arm, const BodyLimits& limits, Location& at, DivergenceSink& sink,
                std::size_t& budget) {
  diff_part_heads(stable.headers, arm.headers, at, sink);
  if (stable.content == arm.content) return;
  BodyLimits inside = limits;
  inside.max_multipart_depth -= 1;
  const Response from = as_response(stable), to = as_response(arm);
  JsonDocument a_json, b_json;
  PreparedBody a(from, inside, a_json), b(to, inside, b_json);
  const auto one_line = [](PreparedBody& body) {
    return body.media() == Media::empty ||
           (body.media() == Media::text && body.text().find('\n') == std::string_view::npos);
  };
  if (one_line(a) && one_line(b)) return add_text_divergence(sink, at, a.text(), b.text());
  diff_contents(a, b, inside, at, sink, budget);
}

}  // namespace

void diff_form(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink) {
  const Fields a = form_fields(stable), b = form_fields(arm);
  const auto compare_field = [&](const std::string& name, const std::vector<std::string>& from,
                                 const std::vector<std::string>& to) {
    at.push_key(name);
    for (std::size_t index = 0; index < std::max(from.size(), to.size()); ++index) {
      if (index < from.size() && index < to.size() && from[index] == to[index]) continue;
      add_text_divergence(sink, at, index < from.size() ? std::optional<std::string_view>(from[index]) : std::nullopt,
                          index < to.size() ? std::optional<std::string_view>(to[index]) : std::nullopt);
    }
    at.pop();
  };
  for (const auto& [name, values] : a) {
    const auto other = b.find(name);
    compare_field(name, values, other == b.end() ? std::vector<std::string>{} : other->second);
  }
  for (const auto& [name, values] : b) {
    if (!a.contains(name)) compare_field(name, {}, values);
  }
}

bool diff_multipart(std::string_view stable, std::string_view stable_boundary, std::string_view arm,
                    std::string_view arm_boundary, const BodyLimits& limits, Location& at, DivergenceSink& sink,
                    std::size_t& budget) {
  if (limits.max_multipart_depth == 0) return false;
  const auto a = parse_parts(stable, stable_boundary), b = parse_parts(arm, arm_boundary);
  if (!a || !b) return false;
  std::multimap<std::string_view, const Part*> arm_parts;
  for (const Part& part : *b) arm_parts.emplace(part.name, &part);
  for (const Part& part : *a) {
    at.push_key(part.name);
    const auto other = arm_parts.find(part.name);
    if (other == arm_parts.end()) {
      add_text_divergence(sink, at, part.content, std::nullopt);
    } else {
      diff_parts(part, *other->second, limits, at, sink, budget);
      arm_parts.erase(other);
    }
    at.pop();
  }
  for (const auto& [name, part] : arm_parts) {
    at.push_key(part->name);
    add_text_divergence(sink, at, std::nullopt, part->content);
    at.pop();
  }
  return true;
}

}  // namespace truemirror
