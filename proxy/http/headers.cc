#include "proxy/http/headers.h"

#include <algorithm>

namespace truemirror {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

bool iequals_all(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

Headers::Headers(std::initializer_list<HeaderField> fields) {
  for (const HeaderField& field : fields) add(field.name, field.value);
}

void Headers::add(std::string_view name, std::string_view value) {
  const auto name_at = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(name);
  const auto value_at = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(value);
  spans_.push_back(
      {name_at, static_cast<std::uint32_t>(name.size()), value_at, static_cast<std::uint32_t>(value.size())});
}

void Headers::set(std::string_view name, std::string_view value) {
  Headers next;
  bool placed = false;
  for (const HeaderField& field : *this) {
    if (!iequals(field.name, name)) {
      next.add(field.name, field.value);
    } else if (!placed) {
      next.add(name, value);
      placed = true;
    }
  }
  if (!placed) next.add(name, value);
  *this = std::move(next);
}

std::size_t Headers::remove(std::string_view name) {
  // The bytes of a removed field stay in the block: lists are short-lived and seldom shrink.
  return std::erase_if(
      spans_, [&](const Span& s) { return iequals(std::string_view(bytes_).substr(s.name_at, s.name_size), name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const HeaderField& field : *this) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [&](const HeaderField& field) { return iequals(field.name, name); }));
}

bool Headers::operator==(const Headers& other) const {
  return std::equal(begin(), end(), other.begin(), other.end(), [](const HeaderField& a, const HeaderField& b) {
    return iequals(a.name, b.name) && a.value == b.value;
  });
}

}  // namespace truemirror
