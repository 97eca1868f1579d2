// The place in a response where the walk stands, kept as a stack of segments and written out only where something
// differs. Segments of JSON are escaped as in JSON pointers (RFC 6901: `~` is `~0`, `/` is `~1`).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

// Whether a key looks like data and not like a name: digits, uuid, ulid, hex, date, token, … By its shape alone, so
// that a signature does not depend on the traffic.
[[nodiscard]] bool is_map_like_key(std::string_view key);

class Location {
 public:
  // `root` must outlive the location, as must every key: nothing is copied.
  explicit Location(std::string_view root) : root_(root) {}

  void push_key(std::string_view key) { segments_.push_back({key, 0, Role::key}); }
  // A name that is part of the protocol, never data: a cookie's attribute, an element's name.
  void push_name(std::string_view name) { segments_.push_back({name, 0, Role::name}); }
  // A segment of ours that begins with `~` and stands as it is: no key reads like it, since a key's `~` is `~0`.
  void push_mark(std::string_view mark) { segments_.push_back({mark, 0, Role::mark}); }
  void push_index(std::size_t index) { segments_.push_back({{}, index, Role::index}); }
  void pop() {
    segments_.pop_back();
    if (ends_.size() > segments_.size()) ends_.resize(segments_.size());
  }

  [[nodiscard]] std::string exact() const;
  // Lives until the location changes. What did not change since the last call is not written again, so that a flood of
  // divergences deep down costs one segment each.
  [[nodiscard]] std::string_view generalized();

 private:
  enum class Role : unsigned char { name, key, index, mark };
  struct Segment {
    std::string_view text;
    std::size_t index;
    Role role;
  };
  std::string_view root_;
  std::vector<Segment> segments_;
  std::string generalized_;
  std::vector<std::size_t> ends_;  // of the segments that generalized_ still has right
};

}  // namespace truemirror
