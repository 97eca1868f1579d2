#include "capture/json_redact.h"

#include <algorithm>
#include <array>

namespace truemirror {
namespace {

constexpr std::size_t kMaxDepth = 10'000;

int hex_value(std::string_view digits) {
  if (digits.size() < 4) return -1;
  int value = 0;
  for (const char c : digits.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.append({static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))});
  } else if (code < 0x10000) {
    out.append({static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                static_cast<char>(0x80 | (code & 0x3F))});
  } else {
    out.append({static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
                static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))});
  }
}

bool number_char(char c) { return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'; }
// White space, and the record separator of JSON text sequences (RFC 7464).
bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\x1e'; }

class JsonPass {
 public:
  JsonPass(std::string_view text, const RedactionPolicy& policy, bool cut, std::string_view type)
      : text_(text), policy_(policy), cut_(cut), outer_(type) {}

  std::optional<RedactedJson> run() {
    skip_preamble();
    while (at_ < text_.size()) {
      if (blank(text_[at_])) {
        ++at_;
        continue;
      }
      token_ = at_;
      if (!step()) return std::nullopt;
      if (broken_) return RedactedJson{finish(token_), token_};
    }
    const bool whole = levels_.empty() && values_ > 0;
    if (!whole && !cut_) return std::nullopt;
    return RedactedJson{finish(text_.size()), text_.size()};
  }

 private:
  // Names repeat within a document: what was found out about one that needs no masking holds for the next.
  struct KnownKey {
    std::string_view name, type;
  };
  enum class Want : std::uint8_t { value, value_or_end, key, key_or_end, colon, comma_or_end };
  struct Level {
    bool object = false;
    std::string_view type;  // of all that is inside, where the name outside told
    Want want = Want::value_or_end;
  };

  // A byte order mark, and the line that keeps browsers from running JSON as a script: `)]}',`.
  void skip_preamble() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    if (text_.substr(at_).starts_with(")]}'")) at_ = std::min(text_.find('\n', at_), text_.size());
  }

  Want want() const { return levels_.empty() ? Want::value : levels_.back().want; }

  bool step() {
    const char c = text_[at_];
    switch (want()) {
      case Want::colon:
        levels_.back().want = Want::value;
        ++at_;
        return c == ':';
      case Want::comma_or_end:
        if (c == ',') {
          levels_.back().want = levels_.back().object ? Want::key : Want::value;
          ++at_;
          return true;
        }
        return close(c);
      case Want::key_or_end:
        if (c == '}') return close(c);
        [[fallthrough]];
      case Want::key:
        return c == '"' && key();
      case Want::value_or_end:
        if (c == ']') return close(c);
        [[fallthrough]];
      case Want::value:
        return value(c);
    }
    return false;
  }

  bool close(char c) {
    if (levels_.empty() || c != (levels_.back().object ? '}' : ']')) return false;
    levels_.pop_back();
    ++at_;
    value_done();
    return true;
  }

  void value_done() {
    if (levels_.empty()) {
      ++values_;
    } else {
      levels_.back().want = Want::comma_or_end;
    }
  }

  // Of the value that starts here, by the nearest name.
  std::string_view value_type() const {
    if (levels_.empty()) return named_outer();
    const Level& level = levels_.back();
    return level.type.empty() && level.object ? key_type_ : level.type;
  }
  std::string_view named_outer() const {
    return outer_.empty() && policy_.keeps_only_named_fields() ? std::string_view("field") : outer_;
  }

  bool value(char c) {
    if (c == '{' || c == '[') return open(c == '{');
    if (c == '"') return string_value();
    if (number_char(c)) return number();
    for (const std::string_view literal : {"true", "false", "null"}) {
      const std::string_view rest = text_.substr(at_, literal.size());
      if (rest == literal) {
        at_ += literal.size();
        value_done();
        return true;
      }
      if (cut_ && at_ + rest.size() == text_.size() && literal.starts_with(rest)) return broken_ = true;
    }
    return false;
  }

  bool open(bool object) {
    if (levels_.size() >= kMaxDepth) return false;
    std::string_view type = value_type();
    // In allow-list mode the fields inside have names of their own to go by.
    if (type == "field" && policy_.keeps_only_named_fields() && object) type = {};
    levels_.push_back({object, type, object ? Want::key_or_end : Want::value_or_end});
    ++at_;
    return true;
  }

  // The content of the string that starts here; sets broken_ where the text was cut within it.
  std::optional<std::string_view> string_content() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) {
      broken_ = cut_;
      return std::nullopt;
    }
    const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
    content_at_ = at_ + 1;
    at_ = end + 1;
    return content;
  }

  bool key() {
    const auto content = string_content();
    if (!content) return broken_;
    levels_.back().want = Want::colon;
    if (const KnownKey& known = known_key(*content); !content->empty() && known.name == *content) {
      key_type_ = known.type;
      return true;
    }
    const bool plain = content->find('\\') == content->npos;
    key_type_ = plain ? policy_.field_type(*content) : policy_.field_type(json_unescaped(*content).text);
    if (plain && policy_.is_clean(*content)) {
      known_key(*content) = {*content, key_type_};
      return true;
    }
    // An e-mail address may be a key: {"ann@example.org": {…}}.
    const std::string safe = scanned(*content);
    // A mask in the name may change what it reads as: either name's word counts.
    if (key_type_.empty() && safe != *content) key_type_ = policy_.field_type(json_unescaped(safe).text);
    replace(content_at_, *content, safe);
    return true;
  }

  KnownKey& known_key(std::string_view name) {
    if (name.empty()) return known_keys_[0];
    const std::size_t first = static_cast<unsigned char>(name.front());
    const std::size_t last = static_cast<unsigned char>(name.back());
    return known_keys_[(name.size() * 31 + first * 7 + last) % known_keys_.size()];
  }

  bool string_value() {
    const std::string_view type = value_type();
    const auto content = string_content();
    if (!content) return broken_;
    if (!type.empty() && !content->empty()) {
      replace(content_at_, *content, policy_.mask(type, json_unescaped(*content).text));
    } else if (content->find('\\') != content->npos || !policy_.is_clean(*content)) {
      replace(content_at_, *content, scanned(*content));
    }
    value_done();
    return true;
  }

  std::string scanned(std::string_view content) const {
    if (content.find('\\') == content.npos) return policy_.text(content);
    return policy_.escaped(content, {json_unescaped});
  }

  bool number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && number_char(text_[at_])) ++at_;
    if (at_ == text_.size() && cut_) return broken_ = true;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const std::string_view type = value_type();
    if (!type.empty()) {
      replace(begin, digits, '"' + policy_.mask(type, digits) + '"');
    } else if (is_card_number(digits.find_first_not_of("0123456789") == digits.npos ? digits : std::string_view())) {
      replace(begin, digits, '"' + policy_.mask("card", digits) + '"');
    }
    value_done();
    return true;
  }

  void replace(std::size_t begin, std::string_view old, const std::string& by) {
    if (old == by) return;
    out_.append(text_.substr(copied_, begin - copied_)).append(by);
    copied_ = begin + old.size();
  }

  std::string finish(std::size_t end) { return std::move(out_.append(text_.substr(copied_, end - copied_))); }

  std::string_view text_;
  const RedactionPolicy& policy_;
  bool cut_;
  std::string_view outer_;
  std::size_t at_ = 0, token_ = 0, content_at_ = 0;
  std::vector<Level> levels_;
  std::string_view key_type_;
  std::array<KnownKey, 64> known_keys_;
  std::size_t values_ = 0;
  bool broken_ = false;
  std::string out_;
  std::size_t copied_ = 0;
};

}  // namespace

UnescapedText json_unescaped(std::string_view source) {
  UnescapedText out;
  out.text.reserve(source.size());
  out.at.reserve(source.size() + 1);
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t from = at;
    const std::size_t before = out.text.size();
    const char c = source[at++];
    if (c != '\\' || at == source.size()) {
      out.text.push_back(c);
    } else if (source[at] != 'u') {
      constexpr std::string_view kFrom = "bfnrt", kTo = "\b\f\n\r\t";
      const std::size_t which = kFrom.find(source[at]);
      out.text.push_back(which == kFrom.npos ? source[at] : kTo[which]);
      ++at;
    } else {
      int code = hex_value(source.substr(at + 1));
      at += code < 0 ? 1 : 5;
      const bool high = code >= 0xD800 && code < 0xDC00;
      const int low = high && source.substr(at).starts_with("\\u") ? hex_value(source.substr(at + 2)) : -1;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
      append_utf8(out.text, code < 0 ? 'u' : static_cast<std::uint32_t>(code));
    }
    out.at.insert(out.at.end(), out.text.size() - before, static_cast<std::uint32_t>(from));
  }
  out.at.push_back(static_cast<std::uint32_t>(source.size()));
  return out;
}

std::optional<RedactedJson> redact_json(std::string_view text, const RedactionPolicy& policy, bool cut,
                                        std::string_view type) {
  return JsonPass(text, policy, cut, type).run();
}

}  // namespace truemirror
