#include "proxy/http/path_readings.h"

#include <algorithm>

namespace truemirror {
namespace {

constexpr std::string_view kEnds{"?#\0", 3};           // what may end a path where it was escaped
constexpr std::string_view kDelimiters{";\\?#\0", 5};  // what only some take for one

// What a server may do to a path beside unescaping it.
enum Liberty : unsigned { kCuts = 1, kBackslashes = 2, kParameters = 4, kAuthority = 8, kEvery = 15 };

// Those that change anything about a path of these octets.
unsigned liberties_of(std::string_view octets) {
  const auto has = [&](std::string_view set) { return octets.find_first_of(set) != std::string_view::npos; };
  unsigned found = 0;
  if (has(kEnds)) found |= kCuts;
  if (has("\\")) found |= kBackslashes;
  if (has(";")) found |= kParameters;
  if (octets.size() > 1 && (octets[1] == '/' || octets[1] == '\\')) found |= kAuthority;
  return found;
}

void remove_parameters(std::string& path) {
  bool inside = false;
  std::erase_if(path, [&](char c) { return inside = c != '/' && (inside || c == ';'); });
}

void remove_authority(std::string& path) {
  if (!path.starts_with("//")) return;
  path.erase(0, path.find('/', 2));
  if (path.empty()) path = "/";
}

// Unescaping gives more of them than stood there plain: then some are delimiters to one server and characters to
// another, and which is anybody's guess.
bool is_mixed(std::string_view before, std::string_view after, char delimiter) {
  const auto plain = std::count(before.begin(), before.end(), delimiter);
  return plain != 0 && plain != std::count(after.begin(), after.end(), delimiter);
}

// `%u002E` of IIS, and UTF-8 that is longer than need be (0xC0 and 0xC1 begin nothing else): a dot or a slash to those
// who do not look closely.
bool has_strange_escape(std::string_view text) {
  if (text.find_first_of("\xC0\xC1") != std::string_view::npos) return true;
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::string_view digits = text.substr(at + 1, 5);
    if (digits.size() == 5 && (digits[0] == 'u' || digits[0] == 'U') &&
        digits.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos)
      return true;
  }
  return false;
}

// In which order slashes are merged and dots resolved. The first is the canonical one.
struct Order {
  bool merge_first, resolve, merge_last;
};
constexpr std::array<Order, 5> kOrders{
    {{true, true, false}, {false, true, false}, {false, true, true}, {false, false, false}, {true, false, false}}};

}  // namespace

void PathReadings::read(std::string_view target) {
  count_ = 1;
  is_any_ = false;
  views_[0] = path_of_target(target);
  if (!is_plain_path(views_[0])) read_odd(views_[0]);
}

void PathReadings::read_odd(std::string_view path) {
  is_any_ = !path.starts_with('/');  // no form of a target that has a path
  if (is_any_) return;
  count_ = bytes_ = 0;
  unescape(path, octets_);
  unescape(octets_, twice_);
  add_level(path, path, Unescape::unreserved);
  is_any_ = is_any_ || is_unclear(path);
  add_unescaped(path);
  if (is_any_ || octets_ == path || path.find(';') == std::string_view::npos) return;
  // Tomcat removes parameters before it unescapes: in `/a;%2Fb` all behind the `;` is one.
  bare_ = path;
  remove_parameters(bare_);
  unescape(bare_, octets_);
  unescape(octets_, twice_);
  add_unescaped(bare_);
}

void PathReadings::add_unescaped(std::string_view path) {
  if (octets_ == path) return;
  const bool hides_slash = std::count(path.begin(), path.end(), '/') != std::count(octets_.begin(), octets_.end(), '/');
  if (hides_slash) add_level(path, octets_, Unescape::all_but_slashes);
  add_level(path, octets_, Unescape::all);
  if (twice_ == octets_) return;
  is_any_ = is_any_ || has_odd_segments(octets_);  // resolved between the first time and the second, or not
  add_level(octets_, twice_, Unescape::all);
}

bool PathReadings::is_unclear(std::string_view path) const {
  const auto mixes = [&](char c) { return is_mixed(path, octets_, c) || is_mixed(octets_, twice_, c); };
  const auto stands = [&](char c) { return twice_.find(c) != std::string::npos; };
  if (std::any_of(kDelimiters.begin(), kDelimiters.end(), mixes)) return true;
  if (std::count_if(kEnds.begin(), kEnds.end(), stands) > 1 || (stands(';') && stands('\\'))) return true;
  return has_escape(twice_) || has_strange_escape(path) || has_strange_escape(twice_);
}

// The path with each liberty that it gives occasion for, and without. Once it may be any path nothing more is added;
// but the canonical reading, which is the first of all, always is.
void PathReadings::add_level(std::string_view path, std::string_view octets, Unescape which) {
  const unsigned occasions = liberties_of(octets);
  for (unsigned taken = 0; taken <= kEvery && !is_any_; ++taken) {
    if ((taken & ~occasions) != 0) continue;
    respell(path, {.unescape = which, .parts_at_backslash = (taken & kBackslashes) != 0, .cuts = (taken & kCuts) != 0},
            work_);
    if ((taken & kParameters) != 0) remove_parameters(work_);
    if ((taken & kAuthority) != 0) remove_authority(work_);
    add_orders();
  }
}

void PathReadings::add_orders() {
  if (!has_odd_segments(work_)) return add(work_);
  for (const Order& order : kOrders) {
    ordered_ = work_;
    if (order.merge_first) merge_slashes(ordered_);
    if (order.resolve) remove_dot_segments(ordered_);
    if (order.merge_last) merge_slashes(ordered_);
    add(ordered_);
    if (is_any_) return;
  }
}

void PathReadings::add(std::string_view reading) {
  bytes_ += reading.size();
  const auto given = all();
  const bool is_new = std::find(given.begin(), given.end(), reading) == given.end();
  is_any_ = count_ > 0 && (bytes_ > kMostBytes || (is_new && count_ == kMost));
  if (is_any_ || !is_new) return;
  texts_.at(count_) = reading;
  views_.at(count_) = texts_.at(count_);
  ++count_;
}

}  // namespace truemirror
