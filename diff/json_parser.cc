// The parser behind JsonDocument::parse. One pass, no recursion; a stack of open containers is all it remembers.
#include <algorithm>
#include <bit>
#include <cstring>

#include "diff/json.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostValues = 1u << 30;  // what an open container's word can name

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// High bit set in every byte of `word` that ends a run of plain characters: quote, backslash, control or not ASCII.
std::uint64_t special_bytes(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const auto zero_bytes = [](std::uint64_t v) { return (v - kOnes) & ~v; };
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word;
  return (zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\')) | controls | word) & kHighs;
}

}  // namespace

class JsonParser {
 public:
  JsonParser(JsonDocument& out, const JsonDocument::Limits& limits)
      : out_(out), limits_(limits), begin_(out.source_.data()), at_(begin_), end_(begin_ + out.source_.size()) {}

  bool run();
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
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

  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool kept() const { return open_.empty() || open_.back().kept; }

  bool value();
  bool after_value();
  bool member_key();
  bool open(bool object);
  void close();
  bool scalar();
  bool literal(std::string_view word, JsonType type);
  bool number();
  bool string(Text& text);
  bool plain_run(bool& high);
  bool escaped_rest(const char* start, Text& text);
  bool escape(Text& text);
  bool four_hex(std::uint32_t& unit);
  bool add(JsonNode node);

  JsonDocument& out_;
  const JsonDocument::Limits& limits_;
  const char *begin_, *at_, *end_;
  std::vector<Open> open_;
  Text key_;
};

bool JsonDocument::parse(std::string_view text, const Limits& limits) {
  source_ = text;
  decoded_.clear();
  nodes_.clear();
  error_at_ = 0;
  if (text.size() >= UINT32_MAX) return false;
  nodes_.reserve(text.size() / 24 + 8);
  JsonParser parser(*this, limits);
  if (parser.run()) return true;
  error_at_ = parser.offset();
  return false;
}

bool JsonParser::run() {
  skip_space();
  if (!value()) return false;
  while (!open_.empty()) {
    if (!after_value()) return false;
  }
  skip_space();
  return at_ == end_;
}

// Reads a scalar, or the opening of a container and, where it is not empty, its first value.
bool JsonParser::value() {
  for (;;) {
    if (at_ == end_) return false;
    if (*at_ != '{' && *at_ != '[') return scalar();
    const bool object = *at_ == '{';
    if (!open(object)) return false;
    skip_space();
    if (take(object ? '}' : ']')) {
      close();
      return true;
    }
    if (object && !member_key()) return false;
    skip_space();
  }
}

// A value has ended inside a container: the next one follows, or the end.
bool JsonParser::after_value() {
  const bool object = open_.back().object;
  skip_space();
  if (take(object ? '}' : ']')) {
    close();
    return true;
  }
  if (!take(',')) return false;
  skip_space();
  if (object && !member_key()) return false;
  skip_space();
  return value();
}

bool JsonParser::member_key() {
  if (!take('"') || !string(key_)) return false;
  skip_space();
  return take(':');
}

bool JsonParser::add(JsonNode node) {
  if (!kept()) return true;
  if (out_.nodes_.size() >= std::min(limits_.max_values, kMostValues)) return false;
  if (!open_.empty()) {
    JsonNode& parent = out_.nodes_[open_.back().node];
    ++parent.count;
    if (open_.back().object) {
      node.key_at = key_.at;
      node.key_size = key_.size;
      node.key_decoded = key_.decoded;
    } else {
      key_.flaws = 0;
    }
    if ((node.flaws | key_.flaws) != 0) parent.flaws |= kFlawedInside;
  }
  node.end = static_cast<std::uint32_t>(out_.nodes_.size()) + 1;
  out_.nodes_.push_back(node);
  return true;
}

bool JsonParser::open(bool object) {
  JsonNode node;
  node.type = object ? JsonType::object : JsonType::array;
  node.at = static_cast<std::uint32_t>(offset());
  const bool too_deep = open_.size() >= limits_.max_depth;
  if (too_deep) node.flaws = kTooDeep;
  if (!add(node)) return false;
  const auto index = static_cast<std::uint32_t>(out_.nodes_.size()) - 1;
  open_.push_back({index & 0x3FFFFFFF, object ? 1u : 0u, too_deep ? 0u : 1u});
  ++at_;
  return true;
}

void JsonParser::close() {
  const Open done = open_.back();
  open_.pop_back();
  // Inside a container that is not kept only its outermost bracket has a node.
  if (!done.kept && !kept()) return;
  JsonNode& node = out_.nodes_[done.node];
  node.size = static_cast<std::uint32_t>(offset()) - node.at;
  node.end = static_cast<std::uint32_t>(out_.nodes_.size());
  if (node.flaws != 0 && !open_.empty()) out_.nodes_[open_.back().node].flaws |= kFlawedInside;
}

bool JsonParser::scalar() {
  switch (*at_) {
    case '"': {
      ++at_;
      Text text;
      if (!string(text)) return false;
      JsonNode node;
      node.type = JsonType::string;
      node.at = text.at;
      node.size = text.size;
      node.flaws = text.flaws;
      node.decoded = text.decoded;
      return add(node);
    }
    case 't':
      return literal("true", JsonType::boolean);
    case 'f':
      return literal("false", JsonType::boolean);
    case 'n':
      return literal("null", JsonType::null);
    default:
      return number();
  }
}

bool JsonParser::literal(std::string_view word, JsonType type) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
    return false;
  JsonNode node;
  node.type = type;
  node.at = static_cast<std::uint32_t>(offset());
  node.size = static_cast<std::uint32_t>(word.size());
  at_ += word.size();
  return add(node);
}

bool JsonParser::number() {
  JsonNode node;
  node.type = JsonType::number;
  node.at = static_cast<std::uint32_t>(offset());
  const auto digits = [this] {
    const char* first = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  };
  take('-');
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return false;
  }
  node.size = static_cast<std::uint32_t>(offset()) - node.at;
  return add(node);
}

// Moves to the first quote, backslash or control character; `high` is set where a byte on the way is not ASCII.
bool JsonParser::plain_run(bool& high) {
  for (;;) {
    if (end_ - at_ >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at_, sizeof word);
      const std::uint64_t special = special_bytes(word);
      if (special == 0) {
        at_ += 8;
        continue;
      }
      if constexpr (std::endian::native == std::endian::little) at_ += std::countr_zero(special) / 8;
    }
    if (at_ == end_) return false;
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"' || c == '\\') return true;
    if (c < 0x20) return false;
    high |= c >= 0x80;
    ++at_;
  }
}

// After the opening quote; ends after the closing one.
bool JsonParser::string(Text& text) {
  const char* start = at_;
  bool high = false;
  if (!plain_run(high)) return false;
  text = {};
  if (*at_ == '\\') return escaped_rest(start, text);
  text.at = static_cast<std::uint32_t>(start - begin_);
  text.size = static_cast<std::uint32_t>(at_ - start);
  if (high && !is_utf8({start, text.size})) text.flaws = kInvalidUtf8;
  ++at_;
  return true;
}

// A string with escapes is copied, decoded, to the document's own block. `start`: its first character.
bool JsonParser::escaped_rest(const char* start, Text& text) {
  std::string& block = out_.decoded_;
  text.decoded = true;
  text.at = static_cast<std::uint32_t>(block.size());
  bool high = false;
  for (at_ = start;;) {
    const char* run = at_;
    if (!plain_run(high)) return false;
    const std::string_view plain(run, static_cast<std::size_t>(at_ - run));
    if (high && !is_utf8(plain)) text.flaws |= kInvalidUtf8;
    block.append(plain);
    if (*at_++ == '"') break;
    if (!escape(text)) return false;
  }
  text.size = static_cast<std::uint32_t>(block.size() - text.at);
  return true;
}

bool JsonParser::four_hex(std::uint32_t& unit) {
  if (end_ - at_ < 4) return false;
  unit = 0;
  for (int digit = 0; digit < 4; ++digit, ++at_) {
    const int value = hex_value(*at_);
    if (value < 0) return false;
    unit = unit * 16 + static_cast<std::uint32_t>(value);
  }
  return true;
}

// After the backslash.
bool JsonParser::escape(Text& text) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ == end_) return false;
  const char letter = *at_++;
  if (letter != 'u') {
    const std::size_t known = kLetters.find(letter);
    if (known == std::string_view::npos) return false;
    out_.decoded_ += kMeanings[known];
    return true;
  }
  std::uint32_t unit = 0;
  if (!four_hex(unit)) return false;
  if (unit >= 0xD800 && unit < 0xDC00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
    const char* before = at_;
    at_ += 2;
    std::uint32_t low = 0;
    if (!four_hex(low)) return false;
    if (low >= 0xDC00 && low < 0xE000) {
      append_utf8(out_.decoded_, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return true;
    }
    at_ = before;
  }
  if (unit >= 0xD800 && unit < 0xE000) text.flaws |= kLoneSurrogate;
  append_utf8(out_.decoded_, unit);
  return true;
}

}  // namespace truemirror
