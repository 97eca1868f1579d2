#include "capture/detectors.h"

#include <algorithm>
#include <array>

#include "capture/redact.h"
#include "proxy/http/headers.h"

namespace truemirror {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool word(char c) { return digit(c) || letter(c) || c == '_'; }
bool base64url(char c) { return digit(c) || letter(c) || c == '_' || c == '-'; }
bool token68(char c) { return base64url(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '='; }
bool local_part(char c) { return word(c) || beyond_ascii(c) || c == '.' || c == '%' || c == '+' || c == '-'; }
bool domain_part(char c) { return digit(c) || letter(c) || beyond_ascii(c) || c == '.' || c == '-'; }
bool name_part(char c) { return word(c) || c == '-' || c == '.'; }
bool ends_value(char c) { return std::string_view(" \t\r\n\"'&;<>\\").find(c) != std::string_view::npos; }

constexpr std::size_t kMaxLocal = 64;    // RFC 5321 §4.5.3.1.1
constexpr std::size_t kMaxDomain = 255;  // §4.5.3.1.2
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxAuthority = 256;
constexpr std::size_t kMaxGroups = 1024;
constexpr std::size_t kMaxCardGroups = 20;
constexpr std::size_t kLeastCardDigits = 13;

struct KeyPrefix {
  std::string_view prefix;
  std::size_t least;  // characters of base64url after it
};
constexpr KeyPrefix kKeyPrefixes[] = {{"ghp_", 20},     {"gho_", 20},     {"ghs_", 20},  {"github_pat_", 20},
                                      {"sk_live_", 10}, {"rk_live_", 10}, {"xoxb-", 10}, {"xoxp-", 10},
                                      {"AKIA", 16},     {"ASIA", 16},     {"AIza", 35},  {"glpat-", 20}};

class Scan {
 public:
  Scan(std::string_view text, const SecretNames& names) : text_(text), names_(names) {}

  std::vector<FoundSecret> run() {
    while (at_ < text_.size()) {
      const std::size_t before = at_;
      look();
      at_ = std::max(at_, before + 1);
      ++work_;
    }
    return std::move(found_);
  }
  [[nodiscard]] std::size_t work() const { return work_; }

 private:
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }
  bool at_word_start() const { return at_ == 0 || !base64url(text_[at_ - 1]); }

  // Extends while the class holds; counts what it looks at.
  template <class Class>
  std::size_t run_right(std::size_t from, Class&& holds, std::size_t limit = std::string_view::npos) {
    std::size_t end = from;
    while (end < text_.size() && end - from < limit && holds(text_[end])) ++end;
    work_ += end - from;
    return end;
  }
  template <class Class>
  std::size_t run_left(std::size_t from, Class&& holds, std::size_t limit) {
    std::size_t begin = from;
    while (begin > floor_ && from - begin < limit && holds(text_[begin - 1])) --begin;
    work_ += from - begin;
    return begin;
  }

  void keep(std::size_t begin, std::size_t end, std::string_view type) {
    found_.push_back({begin, end, type});
    at_ = floor_ = end;
  }

  void look() {
    switch (text_[at_]) {
      case '@':
        return email(1);
      case '%':
        return text_.substr(at_, 3) == "%40" ? email(3) : void();
      case '=':
        return assignment();
      case ':':
        return peek(at_ + 1) == '/' && peek(at_ + 2) == '/' ? url_credentials() : assignment();
      case '<':
        return element();
      case '[':
        return skip_token();
      case 'e':
        return jwt();
      case 'b':
      case 'B':
        return bearer();
      case 'g':
      case 's':
      case 'r':
      case 'x':
      case 'A':
        return key_prefix();
      default:
        if (digit(text_[at_])) card();
    }
  }

  // The length of the token that stands there; 0 where none does.
  std::size_t token_at(std::size_t begin) {
    constexpr std::size_t kLongest = 64;
    if (peek(begin) != '[') return 0;
    const std::size_t close = text_.substr(begin, kLongest).find(']');
    work_ += kLongest;
    return close != text_.npos && is_redacted_token(text_.substr(begin, close + 1)) ? close + 1 : 0;
  }

  // A token that stands there already stays: its type and hash must survive a second pass.
  void skip_token() {
    const std::size_t size = token_at(at_);
    if (size == 0) return;
    at_ += size;
    floor_ = at_;
  }

  void email(std::size_t at_size) {
    const std::size_t begin = run_left(at_, local_part, kMaxLocal);
    std::size_t end = run_right(at_ + at_size, domain_part, kMaxDomain);
    while (end > at_ + at_size && (text_[end - 1] == '.' || text_[end - 1] == '-')) --end;
    const std::string_view domain = text_.substr(at_ + at_size, end - at_ - at_size);
    const std::size_t dot = domain.rfind('.');
    if (begin == at_ || dot == domain.npos || dot == 0) return;
    const std::string_view top = domain.substr(dot + 1);
    if (top.size() < 2 || !std::all_of(top.begin(), top.end(), [](char c) { return letter(c) || beyond_ascii(c); })) {
      if (!top.starts_with("xn--")) return;
    }
    keep(begin, end, "email");
  }

  // Digits in groups that single spaces or dashes part: every run of whole groups may be a number.
  void card() {
    const std::size_t first_end = run_right(at_, digit);
    const bool alone = peek(first_end) != ' ' && peek(first_end) != '-';
    if (alone && first_end - at_ < kLeastCardDigits) {
      at_ = first_end;
      return;
    }
    const bool inside_word = at_ > 0 && (letter(text_[at_ - 1]) || beyond_ascii(text_[at_ - 1]));
    const bool fraction = at_ > 1 && text_[at_ - 1] == '.' && digit(text_[at_ - 2]);
    std::vector<std::pair<std::size_t, std::size_t>> groups;
    std::size_t end = at_;
    for (;;) {
      const std::size_t group_end = run_right(end, digit);
      groups.emplace_back(end, group_end);
      end = group_end;
      const bool joined = (peek(end) == ' ' || peek(end) == '-') && digit(peek(end + 1));
      if (!joined || groups.size() == kMaxGroups) break;
      ++end;
    }
    if (groups.size() == kMaxGroups) {
      // More digits follow: the next look starts so that no number across this border is missed.
      at_ = groups[kMaxGroups - kMaxCardGroups].first;
    } else {
      at_ = end;
    }
    if (letter(peek(end)) || (peek(end) == '.' && digit(peek(end + 1)))) groups.pop_back();
    for (std::size_t first = inside_word || fraction ? 1 : 0; first < groups.size(); ++first) {
      const std::size_t last = card_from(groups, first);
      if (last == groups.size()) continue;
      found_.push_back({groups[first].first, groups[last].second, "card"});
      floor_ = groups[last].second;
      at_ = std::max(at_, floor_);
      first = last;
    }
  }

  // The last group of the shortest card number that starts with this group; groups.size() where none does.
  std::size_t card_from(const std::vector<std::pair<std::size_t, std::size_t>>& groups, std::size_t first) {
    std::array<char, 19> digits{};
    std::size_t count = 0;
    for (std::size_t last = first; last < groups.size(); ++last) {
      const auto [begin, end] = groups[last];
      if (count + (end - begin) > digits.size()) break;
      count = static_cast<std::size_t>(std::copy(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(end),
                                                 digits.begin() + static_cast<std::ptrdiff_t>(count)) -
                                       digits.begin());
      work_ += end - begin;
      if (is_card_number({digits.data(), count})) return last;
    }
    return groups.size();
  }

  void jwt() {
    if (!at_word_start() || text_.substr(at_, 3) != "eyJ") return;
    const std::size_t header = run_right(at_, base64url);
    if (header - at_ < 10 || peek(header) != '.') return;
    const std::size_t payload = run_right(header + 1, base64url);
    if (payload - header < 5 || peek(payload) != '.') return;
    keep(at_, run_right(payload + 1, [](char c) { return base64url(c) || c == '.'; }), "jwt");
  }

  void bearer() {
    constexpr std::string_view kWord = "bearer ";
    if (!at_word_start() || !iequals(text_.substr(at_, kWord.size()), kWord)) return;
    const std::size_t begin = run_right(at_ + kWord.size(), [](char c) { return c == ' '; });
    const std::size_t end = run_right(begin, token68);
    const std::string_view value = text_.substr(begin, end - begin);
    const bool prose = value.size() < 20 && std::all_of(value.begin(), value.end(), letter);
    if (value.size() >= 8 && !prose) keep(begin, end, "bearer");
  }

  void key_prefix() {
    if (!at_word_start()) return;
    for (const KeyPrefix& key : kKeyPrefixes) {
      if (!text_.substr(at_).starts_with(key.prefix)) continue;
      const std::size_t end = run_right(at_ + key.prefix.size(), base64url);
      if (end - at_ - key.prefix.size() >= key.least) keep(at_, end, "key");
      return;
    }
  }

  // `scheme://user:password@host`
  void url_credentials() {
    const std::size_t begin = at_ + 3;
    const std::size_t end =
        run_right(begin, [](char c) { return !ends_value(c) && c != '/' && c != '?' && c != '#'; }, kMaxAuthority);
    const std::string_view authority = text_.substr(begin, end - begin);
    const std::size_t at_sign = authority.rfind('@');
    if (at_sign == authority.npos || at_sign == 0 || token_at(begin) == at_sign) return;
    keep(begin, begin + at_sign, "userinfo");
  }

  // `name=value` and `name="value"`; with a colon only behind a quote, as in JSON: prose is full of colons.
  void assignment() {
    std::size_t name_end = at_;
    if (text_[at_] == ':') {
      while (name_end > floor_ && at_ - name_end < 4 && text_[name_end - 1] == ' ') --name_end;
      if (name_end == floor_ || (text_[name_end - 1] != '"' && text_[name_end - 1] != '\'')) return;
      --name_end;
    }
    const std::size_t name_begin = run_left(name_end, name_part, kMaxName);
    if (name_begin == name_end) return;
    const std::string_view type = names_.type_of(text_.substr(name_begin, name_end - name_begin));
    work_ += name_end - name_begin;
    if (type.empty()) return;
    std::size_t begin = run_right(at_ + 1, [](char c) { return c == ' '; }, text_[at_] == ':' ? 4 : 0);
    const char quote = peek(begin);
    const bool quoted = quote == '"' || quote == '\'';
    if (quoted) ++begin;
    if (token_at(begin) > 0) return;
    const std::size_t end = quoted ? quoted_end(begin, quote) : run_right(begin, [](char c) { return !ends_value(c); });
    const std::string_view value = text_.substr(begin, end - begin);
    if (value.empty() || value == "null" || value == "true" || value == "false") return;
    keep(begin, end, type);
  }

  std::size_t quoted_end(std::size_t from, char quote) {
    std::size_t end = from;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end, text_.size());
    work_ += end - from;
    return end;
  }

  // `<ns:password>value<`
  void element() {
    const std::size_t begin = at_ + 1;
    const std::size_t end = run_right(begin, [](char c) { return name_part(c) || c == ':'; }, kMaxName);
    if (end == begin || peek(end) != '>') return;
    const std::string_view type = names_.type_of(text_.substr(begin, end - begin));
    if (type.empty()) return;
    const std::size_t close = run_right(end + 1, [](char c) { return c != '<'; });
    if (close > end + 1 && token_at(end + 1) == 0) keep(end + 1, close, type);
  }

  std::string_view text_;
  const SecretNames& names_;
  std::size_t at_ = 0;
  std::size_t floor_ = 0;  // the end of what was found last: nothing reaches back over it
  std::size_t work_ = 0;
  std::vector<FoundSecret> found_;
};

bool luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (std::size_t at = digits.size(); at-- > 0; doubled = !doubled) {
    const int value = (digits[at] - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

}  // namespace

bool is_card_number(std::string_view digits) {
  if (digits.size() < kLeastCardDigits || digits.size() > 19) return false;
  const int two = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int four = two * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
  const std::size_t size = digits.size();
  const bool issued = (digits[0] == '4' && (size == 13 || size == 16 || size == 19)) ||                // Visa
                      (((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) && size == 16) ||  // Mastercard
                      ((two == 34 || two == 37) && size == 15) ||                 // American Express
                      ((two == 30 || two == 36 || two == 38) && size == 14) ||    // Diners Club
                      (two == 35 && size >= 16) ||                                // JCB
                      (((two >= 56 && two <= 58) || two == 50) && size >= 13) ||  // Maestro
                      (digits[0] == '6' && size >= 13);                           // Discover, UnionPay, Maestro
  return issued && luhn(digits);
}

std::vector<FoundSecret> find_secrets(std::string_view text, const SecretNames& names, std::size_t* work) {
  Scan scan(text, names);
  std::vector<FoundSecret> found = scan.run();
  if (work != nullptr) *work += scan.work();
  return found;
}

}  // namespace truemirror
