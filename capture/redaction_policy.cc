#include "capture/redaction_policy.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdio>

#include "proxy/http/out_of_memory.h"

namespace truemirror {
namespace {

// Without these a stored message could not be read back; they hold nothing but framing and type.
constexpr std::string_view kFramingHeaders[] = {"contenttype", "contentlength", "contentencoding", "transferencoding"};

std::unordered_set<std::string> bare_set(const std::optional<std::vector<std::string>>& names) {
  std::unordered_set<std::string> set;
  if (names) {
    for (const std::string& name : *names) set.insert(bare_name(name));
  }
  return set;
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// What a mask ends may make a secret of what stands before it (an address whose top-level domain ran on into a key), so
// text is masked until nothing more is found. Text made to take many rounds is masked as a whole.
constexpr int kMaxRounds = 8;

constexpr std::string_view kEscapes = "%+\\";  // of any source: text without them reads as it stands

UnescapedText path_unescaped(std::string_view source) { return percent_unescaped(source, false); }
UnescapedText form_unescaped(std::string_view source) { return percent_unescaped(source, true); }

// What stands in a URL within a URL, and what a stable that unescapes twice reads.
UnescapedText twice_unescaped(std::string_view source) {
  const UnescapedText once = form_unescaped(source);
  UnescapedText twice = path_unescaped(once.text);
  for (std::uint32_t& at : twice.at) at = once.at[at];
  return twice;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

UnescapedText percent_unescaped(std::string_view source, bool plus_is_space) {
  UnescapedText out;
  out.text.reserve(source.size());
  out.at.reserve(source.size() + 1);
  for (std::size_t at = 0; at < source.size(); ++at) {
    out.at.push_back(static_cast<std::uint32_t>(at));
    char c = source[at];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%' && at + 2 < source.size() && hex_digit(source[at + 1]) >= 0 && hex_digit(source[at + 2]) >= 0) {
      c = static_cast<char>(hex_digit(source[at + 1]) << 4 | hex_digit(source[at + 2]));
      at += 2;
    }
    out.text.push_back(c);
  }
  out.at.push_back(static_cast<std::uint32_t>(source.size()));
  return out;
}

RedactionPolicy::RedactionPolicy(RedactionOptions options)
    : key_(std::move(options.key)),
      headers_(options.extra_headers),
      fields_(options.extra_fields),
      // Google's APIs take their key as `?key=`.
      query_(joined({"key", "code"}, joined(options.extra_fields, options.extra_query))),
      only_named_headers_(options.keep_headers.has_value()),
      only_named_fields_(options.keep_fields.has_value()),
      kept_headers_(bare_set(options.keep_headers)),
      kept_fields_(bare_set(options.keep_fields)) {}

std::string_view RedactionPolicy::field_type(std::string_view name) const {
  const std::string_view type = fields_.type_of(name);
  if (!type.empty() || !only_named_fields_) return type;
  return kept_fields_.contains(bare_name(name)) ? std::string_view() : "field";
}

std::string_view RedactionPolicy::query_type(std::string_view name) const {
  const std::string_view type = query_.type_of(name);
  return type.empty() ? field_type(name) : type;
}

std::string_view RedactionPolicy::header_type(std::string_view name) const {
  const std::string bare = bare_name(name);
  for (const std::string_view framing : kFramingHeaders) {
    if (bare == framing) return {};
  }
  const std::string_view type = headers_.type_of(name);
  if (!type.empty()) return type == "field" ? "header" : type;
  return only_named_headers_ && !kept_headers_.contains(bare) ? "header" : std::string_view();
}

std::string RedactionPolicy::mask(std::string_view type, std::string_view value) const {
  if (is_redacted_token(value)) return std::string(value);
  std::string message(type);
  message.push_back('\0');
  message.append(value);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // OpenSSL fails where there is no memory; one token for all values would make them equal.
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size) == nullptr)
    out_of_memory();
  std::array<char, 9> hex{};
  std::snprintf(hex.data(), hex.size(), "%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
  return std::string("[redacted:").append(type).append(":").append(hex.data()).append("]");
}

std::string RedactionPolicy::text(std::string_view text) const {
  std::string now(text);
  if (is_clean(text)) return now;
  for (int round = 0; round < kMaxRounds; ++round) {
    std::string masked = masked_once(now);
    if (masked == now) return now;
    now = std::move(masked);
  }
  return mask("text", text);
}

std::string RedactionPolicy::escaped(std::string_view source, std::initializer_list<Unescaper> ways,
                                     const SecretNames& names) const {
  std::string now(source);
  if (source.find_first_of(kEscapes) == source.npos && find_secrets(source, names).empty()) return now;
  for (int round = 0; round < kMaxRounds; ++round) {
    std::string masked = now;
    for (auto way = ways.begin(); way != ways.end() && masked == now; ++way)
      masked = masked_once(now, (*way)(now), names);
    if (masked == now) return now;
    now = std::move(masked);
  }
  return mask("text", (*ways.begin())(source).text);
}

std::string RedactionPolicy::masked_once(std::string_view text) const {
  std::string out;
  std::size_t done = 0;
  for (const FoundSecret& secret : find_secrets(text, fields_)) {
    out.append(text.substr(done, secret.begin - done));
    std::string value(text.substr(secret.begin, secret.end - secret.begin));
    // An address in a URL and in prose is one address.
    if (const std::size_t at = value.find("%40"); secret.type == "email" && at != value.npos) value.replace(at, 3, "@");
    out.append(mask(secret.type, value));
    done = secret.end;
  }
  return out.append(text.substr(done));
}

std::string RedactionPolicy::masked_once(std::string_view source, const UnescapedText& unescaped,
                                         const SecretNames& names) const {
  std::string out;
  std::size_t done = 0;
  const std::string_view text = unescaped.text;
  for (const FoundSecret& secret : find_secrets(text, names)) {
    out.append(source.substr(done, unescaped.at[secret.begin] - done));
    out.append(mask(secret.type, text.substr(secret.begin, secret.end - secret.begin)));
    done = unescaped.at[secret.end];
  }
  return out.append(source.substr(done));
}

std::string RedactionPolicy::pair(std::string_view source, bool is_query) const {
  const std::size_t equals = source.find('=');
  const UnescapedText name = form_unescaped(source.substr(0, equals));
  std::string out = escaped(source.substr(0, equals), {form_unescaped});
  if (equals == source.npos) return out;
  const std::string_view value_source = source.substr(equals + 1);
  const UnescapedText value = form_unescaped(value_source);
  // A mask in the name may change what it reads as: either name's word counts, so that a second pass finds nothing new.
  const auto type_of = [&](std::string_view of) { return is_query ? query_type(of) : field_type(of); };
  std::string_view type = type_of(name.text);
  if (type.empty()) type = type_of(form_unescaped(out).text);
  out.push_back('=');
  return out.append(type.empty() || value.text.empty() ? escaped(value_source, {form_unescaped, twice_unescaped})
                                                       : mask(type, value.text));
}

std::string RedactionPolicy::pairs(std::string_view source, bool is_query) const {
  std::string out;
  for (;;) {
    const std::size_t end = source.find_first_of("&;");
    out.append(pair(source.substr(0, end), is_query));
    if (end == source.npos) return out;
    out.push_back(source[end]);
    source.remove_prefix(end + 1);
  }
}

std::string RedactionPolicy::target(std::string_view target) const {
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  // What stands behind `;` or an escaped `?` may be parameters, so that names count as in a query.
  std::string out = escaped(path, {path_unescaped, twice_unescaped}, query_);
  if (question == target.npos) return out;
  const std::string_view query = target.substr(question + 1);
  const std::size_t fragment = query.find('#');
  out.append("?").append(pairs(query.substr(0, fragment), true));
  // OAuth's implicit grant answers with `#access_token=…`.
  if (fragment != query.npos) out.append("#").append(pairs(query.substr(fragment + 1), true));
  return out;
}

}  // namespace truemirror
