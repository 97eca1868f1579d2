// The paths that a request target may mean. Servers do not agree on `%2F`, `;`, `\`, `//`, dots and what is escaped
// twice; whoever decides something by the path of a request (whether it is mirrored, which credentials a copy carries)
// asks what stable could make of it, and treats the request as strictly as any of that has it. Nothing here changes the
// target: it is forwarded as it came.
//
// A reading takes one choice of each:
//   escapes      unreserved ones alone are resolved (RFC 3986), all but `%2F` are, all are, all are twice
//   `\`          a character, or a slash (WHATWG's URL, IIS)
//   `;…`         a part of the segment, or parameters that do not count (Tomcat, Jetty)
//   `?`, `#`, NUL from an escape: characters, or the end of the path
//   `//a/b`      a path, or another authority's `/b` (what a URL parser makes of it)
//   `//` and dot segments: slashes merged before dots are resolved (nginx), after, or not at all; dots left as they are
// Case and Windows' names (`a.`, `a::$DATA`) are not among them.
//
// A plain path, as nearly all are, is a view of the target and costs one pass over it. Others are made in memory that
// is kept, at most kMostBytes. One a thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "proxy/http/canonical_path.h"

namespace truemirror {

class PathReadings {
 public:
  static constexpr std::size_t kMost = 16;              // readings
  static constexpr std::size_t kMostBytes = 24u << 10;  // made for one target, which bounds the work: 0.3 ms at 8 KiB

  PathReadings() = default;
  PathReadings(const PathReadings&) = delete;
  PathReadings& operator=(const PathReadings&) = delete;

  // The views live until the next call, and no longer than the target.
  void read(std::string_view target);

  // The canonical path (canonical_path.h), which is the first reading.
  [[nodiscard]] std::string_view canonical() const { return views_[0]; }
  // All different; each is canonically escaped, so that patterns are compared with it as they stand.
  [[nodiscard]] std::span<const std::string_view> all() const { return {views_.data(), count_}; }
  // There are more than all() gives, or nobody could say which: the target has to be taken for any path.
  [[nodiscard]] bool is_any() const { return is_any_; }

 private:
  void read_odd(std::string_view path);
  // Both want octets_ and twice_ of the path.
  void add_unescaped(std::string_view path);
  [[nodiscard]] bool is_unclear(std::string_view path) const;
  // `octets` is what `path` holds where all of it that `which` means is unescaped.
  void add_level(std::string_view path, std::string_view octets, Unescape which);
  void add_orders();
  void add(std::string_view reading);

  std::array<std::string_view, kMost> views_{"/"};
  std::size_t count_ = 1;
  bool is_any_ = false;
  std::array<std::string, kMost> texts_;
  std::size_t bytes_ = 0;       // made so far, also those that were there already
  std::string octets_, twice_;  // the path unescaped once and twice
  std::string bare_;            // the path without its parameters
  std::string work_, ordered_;  // a reading in the making
};

}  // namespace truemirror
