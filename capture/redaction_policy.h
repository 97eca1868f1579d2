// The names and the key that redaction goes by, and the replacing of secrets in plain and in escaped text.
// Immutable after construction; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "capture/detectors.h"
#include "capture/redact.h"

namespace truemirror {

// Text with its escapes resolved, and where each of its bytes stands in the source.
struct UnescapedText {
  std::string text;
  std::vector<std::uint32_t> at;  // one more than the bytes of text: the last is the end of the source
};
// %XX, and `+` as a space where asked.
[[nodiscard]] UnescapedText percent_unescaped(std::string_view source, bool plus_is_space);
using Unescaper = UnescapedText (*)(std::string_view);

class RedactionPolicy {
 public:
  explicit RedactionPolicy(RedactionOptions options);

  // The type of secret that such a field holds; empty for none. In allow-list mode `field` for what is not kept.
  [[nodiscard]] std::string_view field_type(std::string_view name) const;
  [[nodiscard]] std::string_view query_type(std::string_view name) const;
  [[nodiscard]] std::string_view header_type(std::string_view name) const;
  [[nodiscard]] bool keeps_only_named_fields() const { return only_named_fields_; }
  [[nodiscard]] const SecretNames& field_names() const { return fields_; }

  // `[redacted:<type>:<8 hex>]`; a value that is a token already stays.
  [[nodiscard]] std::string mask(std::string_view type, std::string_view value) const;
  // Nothing in the text is a secret: text() would give it back as it is.
  [[nodiscard]] bool is_clean(std::string_view text) const { return find_secrets(text, fields_).empty(); }
  // The text with every secret in it masked. Masking the result again changes nothing.
  [[nodiscard]] std::string text(std::string_view text) const;
  // The same for text that stands escaped in its source, in any of these ways: all other bytes of the source stay as
  // they are.
  [[nodiscard]] std::string escaped(std::string_view source, std::initializer_list<Unescaper> ways) const {
    return escaped(source, ways, fields_);
  }
  // `name=value&name=value`, of a query or a form.
  [[nodiscard]] std::string pairs(std::string_view source, bool is_query) const;
  // Path and query, or a whole URL.
  [[nodiscard]] std::string target(std::string_view target) const;

 private:
  [[nodiscard]] std::string pair(std::string_view source, bool is_query) const;
  [[nodiscard]] std::string masked_once(std::string_view text) const;
  [[nodiscard]] std::string masked_once(std::string_view source, const UnescapedText& unescaped,
                                        const SecretNames& names) const;
  [[nodiscard]] std::string escaped(std::string_view source, std::initializer_list<Unescaper> ways,
                                    const SecretNames& names) const;

  std::string key_;
  SecretNames headers_, fields_, query_;
  bool only_named_headers_, only_named_fields_;
  std::unordered_set<std::string> kept_headers_, kept_fields_;
};

}  // namespace truemirror
