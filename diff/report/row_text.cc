// Small codecs. Boost.JSON does the strings; nothing here trusts what it reads.
#include "diff/report/row_text.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>

namespace truemirror {
namespace {

namespace json = boost::json;

// The enumerator of that name among the first `count`.
template <class Enum>
std::optional<Enum> enum_named(std::string_view name, std::uint8_t count) {
  for (std::uint8_t at = 0; at < count; ++at) {
    if (to_string(static_cast<Enum>(at)) == name) return static_cast<Enum>(at);
  }
  return std::nullopt;
}

std::string_view view_of(const json::string& text) { return {text.data(), text.size()}; }

}  // namespace

std::string headers_as_json(const Headers& headers) {
  json::array list;
  list.reserve(headers.size());
  for (const HeaderField field : headers) {
    list.push_back(json::array{json::string_view(field.name.data(), field.name.size()),
                               json::string_view(field.value.data(), field.value.size())});
  }
  return json::serialize(list);
}

std::optional<Headers> headers_from_json(std::string_view text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code code;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), code, {}, options);
  if (code || !parsed.is_array()) return std::nullopt;
  Headers headers;
  for (const json::value& item : parsed.get_array()) {
    const json::array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) return std::nullopt;
    headers.add(view_of((*pair)[0].get_string()), view_of((*pair)[1].get_string()));
  }
  return headers;
}

std::string buckets_as_json(const Histogram& histogram) {
  std::string text = "[";
  for (const std::uint64_t count : histogram.buckets()) {
    if (text.size() > 1) text += ',';
    text += std::to_string(count);
  }
  return text + "]";
}

std::optional<std::vector<std::uint64_t>> buckets_from_json(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  std::vector<std::uint64_t> buckets;
  const char* at = text.data() + 1;
  const char* end = text.data() + text.size() - 1;
  while (at < end) {
    std::uint64_t count = 0;
    const auto [next, code] = std::from_chars(at, end, count);
    if (code != std::errc() || (next != end && *next != ',') || next + 1 == end) return std::nullopt;
    buckets.push_back(count);
    at = next == end ? end : next + 1;
  }
  return buckets;
}

std::string_view to_string(Disposition disposition) {
  static constexpr std::array<std::string_view, 3> kNames{"open", "accepted", "hidden"};
  return kNames.at(static_cast<std::size_t>(disposition));
}

std::optional<Disposition> disposition_from(std::string_view name) { return enum_named<Disposition>(name, 3); }
std::optional<FindingStatus> finding_status_from(std::string_view name) { return enum_named<FindingStatus>(name, 5); }
std::optional<Kind> kind_from(std::string_view name) { return enum_named<Kind>(name, 9); }
std::optional<Verdict> verdict_from(std::string_view name) { return enum_named<Verdict>(name, 3); }

}  // namespace truemirror
