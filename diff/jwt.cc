#include "diff/jwt.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "diff/json_diff.h"
#include "diff/json_tree.h"
#include "proxy/http/base64.h"

namespace truemirror {
namespace {

constexpr std::size_t kLongest = 64u << 10;
constexpr std::size_t kAlignBudget = 10'000;  // a claim that is a long list is rare: its own, so that none is shared
constexpr std::array<std::string_view, 2> kParts{"header", "claims"};

struct Token {
  std::string_view before;           // `Bearer `
  std::array<std::string, 2> parts;  // as JSON
  std::array<JsonDocument, 2> parsed;
};

std::optional<std::string> base64url_decoded(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) {
    if (c == '+' || c == '/' || c == '=' || c == ' ' || c == '\n' || c == '\r' || c == '\t') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  return base64_decoded(plain);
}

// False: no token. What is cheap to see is looked at first, since nearly no text is one.
bool read_token(std::string_view text, Token& out) {
  if (text.size() > kLongest) return false;
  const std::size_t begin = text.rfind(' ') + 1;  // npos + 1 is 0
  out.before = text.substr(0, begin);
  text.remove_prefix(begin);
  if (!text.starts_with("eyJ") || std::count(text.begin(), text.end(), '.') != 2) return false;
  JsonDocument::Limits limits;
  limits.max_depth = 64;
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    const std::size_t end = text.find('.');
    auto json = base64url_decoded(text.substr(0, end));
    if (!json) return false;
    out.parts.at(part) = std::move(*json);
    JsonDocument& document = out.parsed.at(part);
    if (!document.parse(out.parts.at(part), limits) || document[0].type != JsonType::object) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

bool say_the_same(const JsonDocument& a, const JsonDocument& b) { return JsonTree(a).hash(0) == JsonTree(b).hash(0); }

}  // namespace

bool diff_jwts(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink) {
  Token a, b;
  if (!read_token(stable, a) || !read_token(arm, b) || a.before != b.before) return false;
  bool found = false;
  at.push_mark("~jwt");
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    const JsonDocument &from = a.parsed.at(part), &to = b.parsed.at(part);
    if (say_the_same(from, to)) continue;
    found = true;
    std::size_t budget = kAlignBudget;
    at.push_name(kParts.at(part));
    diff_json(from, to, at, sink, budget);
    at.pop();
  }
  at.pop();
  return found;
}

}  // namespace truemirror
