// How paths are spelt. RFC 3986 §6.2.2 has one canonical spelling for all that are equivalent: dot segments resolved,
// unreserved characters plain, hex digits upper case; beyond it, what may not stand in a path is escaped, and a run of
// slashes is one, as nginx, Apache and Tomcat have it. What a path may mean beside that: path_readings.h. Sans-I/O.
#pragma once

#include <string>
#include <string_view>

namespace truemirror {

// The path of a target in origin or absolute form, as it is spelt, without query and fragment; `/` where it has none.
// `*`, and what has none of these forms, is given back as it is.
[[nodiscard]] std::string_view path_of_target(std::string_view target);

// Whether it is its own canonical path and means that one to everybody. One pass; true for nearly all traffic.
[[nodiscard]] bool is_plain_path(std::string_view path);

// The canonical spelling: the path itself where it is plain or begins with no slash, else made in `room`.
[[nodiscard]] std::string_view canonical_path(std::string_view path, std::string& room);

// The same for a template, `GET /orders/{id}/**`: its escapes are canonical, `{…}` and what stands before the first
// slash stay.
[[nodiscard]] std::string canonical_template(std::string_view text);

// --- the steps, for path_readings.h ---

enum class Unescape : unsigned char { unreserved, all_but_slashes, all };

struct SpellingHabits {
  Unescape unescape = Unescape::unreserved;
  bool parts_at_backslash = false;  // `\` is `/`
  bool cuts = false;                // `?`, `#` and NUL end the path even where they were escaped
};

// Makes `out` the path as one with these habits reads it, canonically escaped. Neither slashes nor dots are touched.
void respell(std::string_view path, SpellingHabits habits, std::string& out);
// Resolves all escapes, into octets. What begins no escape stays.
void unescape(std::string_view path, std::string& octets);
[[nodiscard]] bool has_escape(std::string_view text);
// Whether merge_slashes() or remove_dot_segments() would change it. All three want a path that begins with a slash.
[[nodiscard]] bool has_odd_segments(std::string_view path);
void merge_slashes(std::string& path);
void remove_dot_segments(std::string& path);  // RFC 3986 §5.2.4

}  // namespace truemirror
