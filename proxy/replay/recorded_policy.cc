#include "proxy/replay/recorded_policy.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostNames = 1000;

bool is_token_of(std::string_view value, std::string_view type) {
  return is_redacted_token(value) && value.starts_with("[redacted:" + std::string(type) + ":");
}

// Member names of JSON whose values are tokens of type `field`, also within arrays. Looks at strings alone, so that
// NDJSON and events need no parser of their own; a name with escapes stays unknown.
void add_field_names(std::string_view text, std::set<std::string>& names) {
  std::string_view name;
  for (std::size_t quote = text.find('"'); quote != text.npos; quote = text.find('"', quote)) {
    std::size_t end = quote + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return;
    const std::string_view string = text.substr(quote + 1, end - quote - 1);
    quote = end + 1;
    const std::size_t after = text.find_first_not_of(" \t\r\n", quote);
    if (after != text.npos && text[after] == ':') {
      name = string;
    } else if (is_token_of(string, "field") && !name.empty() && names.size() < kMostNames) {
      names.emplace(name);
    }
  }
}

}  // namespace

std::shared_ptr<const Redactor> RecordedPolicy::redactor_for(const Response& recorded) {
  const std::lock_guard lock(mutex_);
  const std::size_t known = headers_.size() + fields_.size();
  for (const HeaderField& field : recorded.headers) {
    const bool by_name = is_token_of(field.value, "field") || is_token_of(field.value, "header");
    if (by_name && headers_.size() < kMostNames) headers_.insert(ascii_lower(field.name));
  }
  if (recorded.body.bytes.find("[redacted:field:") != std::string::npos) add_field_names(recorded.body.bytes, fields_);
  if (headers_.size() + fields_.size() == known) return redactor_;
  RedactionOptions options;
  options.extra_headers.assign(headers_.begin(), headers_.end());
  options.extra_fields.assign(fields_.begin(), fields_.end());
  if (auto wider = make_redactor(std::move(options))) redactor_ = std::move(*wider);
  return redactor_;
}

}  // namespace truemirror
