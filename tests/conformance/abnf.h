// The words of RFC 9110, 9112 and 3986 that the strict grammar is made of: what a byte may be, and a cursor that reads
// tokens, quoted strings, hosts and targets or says what was wrong where. Written from the ABNF; shares no code with
// proxy/http, which it judges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace truemirror::conformance {

[[nodiscard]] bool is_digit(char c);
[[nodiscard]] bool is_hexdig(char c);
[[nodiscard]] bool is_tchar(char c);        // RFC 9110 §5.6.2
[[nodiscard]] bool is_field_octet(char c);  // VCHAR, obs-text, SP and HTAB (RFC 9110 §5.5)
[[nodiscard]] bool same_name(std::string_view a, std::string_view b);
[[nodiscard]] bool is_token(std::string_view text);

// Host = uri-host [ ":" port ] (RFC 9110 §7.2, RFC 3986 §3.2.2), not empty: an http URI has a host (RFC 9110 §4.2.1).
[[nodiscard]] bool is_host(std::string_view text);
// origin-form, absolute-form of http and https, authority-form with CONNECT, asterisk-form with OPTIONS (RFC 9112
// §3.2). Wider than RFC 3986 in one thing, since browsers are: path and query may hold any visible ASCII byte but `#`,
// such as
// `|` and `{`, and a `%` that nothing hexadecimal follows.
[[nodiscard]] bool is_target(std::string_view target, std::string_view method);
// IMF-fixdate (RFC 9110 §5.6.7).
[[nodiscard]] bool is_fixdate(std::string_view text);
// 1*DIGIT, below 2^63, without leading zeros: those are digits too, but some read them as octal.
[[nodiscard]] std::optional<std::uint64_t> length_of(std::string_view text);

// Reads forward over bytes that may end in the middle. The first failure sticks; at() is where.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  // The bytes ended where more had to come.
  [[nodiscard]] bool ran_out() const { return ran_out_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string_view since(std::size_t start) const { return bytes_.substr(start, at_ - start); }

  // Whether `text` comes next; takes it then. False at the end of the bytes as well.
  bool take(std::string_view text);
  [[nodiscard]] bool peek(char c) const { return !at_end() && bytes_[at_] == c; }
  // Takes as many bytes as satisfy `is`.
  template <class Is>
  std::string_view while_is(Is is) {
    const std::size_t start = at_;
    while (!at_end() && is(bytes_[at_])) ++at_;
    return since(start);
  }
  // One or more such bytes; fails where there is none.
  template <class Is>
  std::string_view some(Is is, std::string_view what) {
    const std::string_view found = while_is(is);
    if (found.empty()) fail(what);
    return found;
  }
  // Exactly this text, or a failure that names it.
  void expect(std::string_view text, std::string_view what);
  // The next `size` bytes; fails where fewer are left.
  std::string_view bytes(std::uint64_t size);
  std::string_view rest();
  void quoted_string();
  // The next byte is wrong, or the bytes have run out before it.
  void fail(std::string_view what);
  // What was read is wrong, whatever follows.
  void reject(std::string_view what);

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ran_out_ = false;
  std::string problem_;
};

}  // namespace truemirror::conformance
