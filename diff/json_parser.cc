// The parser behind JsonDocument::parse. One pass, no recursion; a stack of open containers is all it remembers.
// It is most of what a comparison costs, so the place in the text is passed from step to step and stays in a register,
// and plain text is passed over eight bytes at a time.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "diff/json.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostValues = 1u << 30;  // what an open container's word can name
constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = kOnes * 0x80;

// Seldom true, and mostly told by the first comparison.
constexpr bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
}
constexpr bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

// High bit set in the lowest byte of `word` that ends a run of plain characters: quote, backslash or control. Bytes
// above it may be marked wrongly (a borrow runs upwards).
std::uint64_t stops_in(std::uint64_t word) {
  const auto zero_bytes = [](std::uint64_t v) { return (v - kOnes) & ~v; };
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word;
  return (zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\')) | controls) & kHighs;
}

class JsonParser {
 public:
  JsonParser(std::string_view text, const JsonDocument::Limits& limits, std::vector<JsonNode>& nodes,
             std::string& decoded)
      : nodes_(nodes),
        decoded_(decoded),
        max_depth_(limits.max_depth),
        max_values_(std::min(limits.max_values, kMostValues)),
        begin_(text.data()),
        end_(begin_ + text.size()) {}

  bool run();
  [[nodiscard]] std::uint32_t values() const { return next_; }
  // Where it stopped, after a failure.
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(stopped_ - begin_); }

 private:
  // The steps take the place in the text and return where they end; null where the text is not JSON.
  using At = const char*;

  struct Open {  // one word: hostile input opens as many as it has bytes
    std::uint32_t node : 30;
    std::uint32_t object : 1;
    std::uint32_t kept : 1;
  };
  struct Text {
    std::uint32_t at = 0, size = 0;
    std::uint8_t flaws = 0;
    bool decoded = false;
  };

  At stop(At at) {
    stopped_ = at;
    return nullptr;
  }
  [[nodiscard]] std::uint32_t offset_of(At at) const { return static_cast<std::uint32_t>(at - begin_); }
  [[nodiscard]] At after_space(At at) const {
    while (at != end_ && is_space(*at)) ++at;
    return at;
  }

  At member_key(At at);
  At open(At at);
  At ended(At at);
  void close(At at);
  At scalar(At at);
  At literal(At at, std::string_view word, JsonType type);
  At number(At at);
  At string(At at, Text& text);
  At plain_run(At at, bool& high);
  At escaped_rest(At at, Text& text);
  At escape(At at, Text& text);
  At four_hex(At at, std::uint32_t& unit);
  JsonNode& slot();
  bool add(JsonType type, const Text& text);

  std::vector<JsonNode>& nodes_;
  std::string& decoded_;
  const std::size_t max_depth_, max_values_;
  const At begin_, end_;
  At stopped_ = nullptr;
  Open inner_{0, 0, 1};      // the innermost open container; the document itself where depth_ is 0
  std::vector<Open> outer_;  // those around it
  std::uint32_t next_ = 0;   // value
  std::uint32_t count_ = 0;  // of children of the innermost so far
};

bool JsonParser::run() {
  At at = after_space(begin_);
  while (at != nullptr) {
    if (inner_.object != 0 && (at = member_key(at)) == nullptr) return false;
    if (at == end_) return stop(at) != nullptr;
    const bool container = *at == '{' || *at == '[';
    at = container ? open(at) : scalar(at);
    if (at == nullptr) return false;
    if (container && (at == end_ || *at != (inner_.object != 0 ? '}' : ']'))) continue;  // its first value follows
    at = ended(at);
    if (outer_.empty()) break;
  }
  return at != nullptr;
}

// A value has ended, or a container without any: closes what ends here. Ends where the next value, or its key, begins.
JsonParser::At JsonParser::ended(At at) {
  while (!outer_.empty()) {
    at = after_space(at);
    if (at == end_) return stop(at);
    if (*at == ',') return after_space(at + 1);
    if (*at != (inner_.object != 0 ? '}' : ']')) return stop(at);
    close(++at);
  }
  at = after_space(at);
  return at == end_ ? at : stop(at);
}

JsonParser::At JsonParser::member_key(At at) {
  if (at == end_ || *at != '"') return stop(at);
  Text key;
  at = string(at + 1, key);
  if (at == nullptr) return nullptr;
  JsonNode& node = slot();
  node.key_at = key.at;
  node.key_size = key.size;
  node.key_decoded = key.decoded;
  if (key.flaws != 0 && inner_.kept != 0) nodes_[inner_.node].flaws |= kFlawedInside;
  at = after_space(at);
  if (at == end_ || *at != ':') return stop(at);
  return after_space(at + 1);
}

// Where the next value goes. Inside what is not kept it is written as well, but never counted.
inline JsonNode& JsonParser::slot() {
  if (next_ == nodes_.size()) [[unlikely]]
    nodes_.resize(next_ * 2 + 8);
  return nodes_[next_];
}

[[gnu::always_inline]] inline bool JsonParser::add(JsonType type, const Text& text) {
  JsonNode& node = slot();
  if (inner_.object == 0) {
    node.key_at = node.key_size = 0;
    node.key_decoded = false;
  }
  node.at = text.at;
  node.size = text.size;
  node.end = next_ + 1;
  node.count = 0;
  node.type = type;
  node.flaws = text.flaws;
  node.decoded = text.decoded;
  if (inner_.kept == 0) return true;
  if (text.flaws != 0 && !outer_.empty()) nodes_[inner_.node].flaws |= kFlawedInside;
  ++count_;
  return ++next_ <= max_values_;
}

// Ends at the first value or key, or at the closing bracket of an empty one.
JsonParser::At JsonParser::open(At at) {
  const bool object = *at == '{', too_deep = outer_.size() >= max_depth_;
  Text text{offset_of(at)};
  if (too_deep) text.flaws = kTooDeep;
  if (!add(object ? JsonType::object : JsonType::array, text)) return stop(at);
  if (inner_.kept != 0) nodes_[inner_.node].count = count_;
  outer_.push_back(inner_);
  inner_ = {(next_ - 1) & 0x3FFFFFFF, object ? 1u : 0u, too_deep ? 0u : 1u};
  count_ = 0;
  return after_space(at + 1);
}

// `at`: after the closing bracket.
void JsonParser::close(At at) {
  const Open done = inner_;
  inner_ = outer_.back();
  outer_.pop_back();
  // Inside a container that is not kept only its outermost bracket has a node.
  if (done.kept == 0 && inner_.kept == 0) return;
  JsonNode& node = nodes_[done.node];
  node.size = offset_of(at) - node.at;
  node.end = next_;
  node.count = count_;
  if (outer_.empty()) return;
  JsonNode& parent = nodes_[inner_.node];
  count_ = parent.count;
  if (node.flaws != 0) parent.flaws |= kFlawedInside;
}

JsonParser::At JsonParser::scalar(At at) {
  switch (*at) {
    case '"': {
      Text text;
      const At end = string(at + 1, text);
      if (end == nullptr) return nullptr;
      return add(JsonType::string, text) ? end : stop(end);
    }
    case 't':
      return literal(at, "true", JsonType::boolean);
    case 'f':
      return literal(at, "false", JsonType::boolean);
    case 'n':
      return literal(at, "null", JsonType::null);
    default:
      return number(at);
  }
}

JsonParser::At JsonParser::literal(At at, std::string_view word, JsonType type) {
  if (static_cast<std::size_t>(end_ - at) < word.size() || std::memcmp(at, word.data(), word.size()) != 0) {
    return stop(at);
  }
  if (!add(type, {offset_of(at), static_cast<std::uint32_t>(word.size())})) return stop(at);
  return at + word.size();
}

JsonParser::At JsonParser::number(const At first) {
  At at = first;
  const auto is = [&](char c) { return at != end_ && *at == c; };
  const auto digits = [&] {
    const At before = at;
    while (at != end_ && is_digit(*at)) ++at;
    return at != before;
  };
  if (is('-')) ++at;
  if (is('0')) {
    ++at;
  } else if (!digits()) {
    return stop(at);
  }
  if (is('.')) {
    ++at;
    if (!digits()) return stop(at);
  }
  if (is('e') || is('E')) {
    ++at;
    if (is('+') || is('-')) ++at;
    if (!digits()) return stop(at);
  }
  if (!add(JsonType::number, {offset_of(first), static_cast<std::uint32_t>(at - first)})) return stop(at);
  return at;
}

// Ends at the first quote, backslash or control character; `high` is set where a byte on the way is not ASCII.
[[gnu::always_inline]] inline JsonParser::At JsonParser::plain_run(At at, bool& high) {
  while (end_ - at >= 8) {
    const std::uint64_t word = eight_bytes(at), stops = stops_in(word);
    if (stops != 0) {
      const int before = std::countr_zero(stops);  // seven bits above the bytes that are plain
      high |= (word & kHighs & ((std::uint64_t{1} << before) - 1)) != 0;
      return at + before / 8;
    }
    high |= (word & kHighs) != 0;
    at += 8;
  }
  for (; at != end_; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < 0x20) break;
    high |= c >= 0x80;
  }
  return at;
}

// After the opening quote; ends after the closing one.
[[gnu::always_inline]] inline JsonParser::At JsonParser::string(const At first, Text& text) {
  bool high = false;
  const At at = plain_run(first, high);
  if (at == end_ || *at != '"') return at != end_ && *at == '\\' ? escaped_rest(first, text) : stop(at);
  text = {offset_of(first), static_cast<std::uint32_t>(at - first)};
  if (high && !is_utf8({first, text.size})) text.flaws = kInvalidUtf8;
  return at + 1;
}

// A string with escapes is copied, decoded, to the document's own block. `at`: its first character.
JsonParser::At JsonParser::escaped_rest(At at, Text& text) {
  text = {static_cast<std::uint32_t>(decoded_.size()), 0, 0, true};
  for (;;) {
    bool high = false;
    const At run = at;
    at = plain_run(at, high);
    const std::string_view plain(run, static_cast<std::size_t>(at - run));
    if (high && !is_utf8(plain)) text.flaws |= kInvalidUtf8;
    decoded_.append(plain);
    if (at == end_ || (*at != '"' && *at != '\\')) return stop(at);
    if (*at == '"') break;
    at = escape(at + 1, text);
    if (at == nullptr) return nullptr;
  }
  text.size = static_cast<std::uint32_t>(decoded_.size() - text.at);
  return at + 1;
}

JsonParser::At JsonParser::four_hex(At at, std::uint32_t& unit) {
  if (end_ - at < 4) return stop(at);
  unit = 0;
  for (int digit = 0; digit < 4; ++digit, ++at) {
    const int value = hex_value(*at);
    if (value < 0) return stop(at);
    unit = unit * 16 + static_cast<std::uint32_t>(value);
  }
  return at;
}

// After the backslash.
JsonParser::At JsonParser::escape(At at, Text& text) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at == end_) return stop(at);
  const char letter = *at++;
  if (letter != 'u') {
    const std::size_t known = kLetters.find(letter);
    if (known == std::string_view::npos) return stop(at);
    decoded_ += kMeanings[known];
    return at;
  }
  std::uint32_t unit = 0;
  at = four_hex(at, unit);
  if (at == nullptr) return nullptr;
  if (unit >= 0xD800 && unit < 0xDC00 && end_ - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    std::uint32_t low = 0;
    const At after = four_hex(at + 2, low);
    if (after == nullptr) return nullptr;
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(decoded_, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return after;
    }
  }
  if (unit >= 0xD800 && unit < 0xE000) text.flaws |= kLoneSurrogate;
  append_utf8(decoded_, unit);
  return at;
}

}  // namespace

bool JsonDocument::parse(std::string_view text, const Limits& limits) {
  source_ = text;
  decoded_.clear();
  size_ = 0;
  error_at_ = 0;
  if (text.size() >= UINT32_MAX) return false;
  if (nodes_.size() < text.size() / 16) nodes_.resize(text.size() / 16);
  JsonParser parser(text, limits, nodes_, decoded_);
  const bool is_json = parser.run();
  size_ = parser.values();
  if (!is_json) error_at_ = parser.offset();
  return is_json;
}

}  // namespace truemirror
