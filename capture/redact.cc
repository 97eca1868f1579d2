#include "capture/redact.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "capture/body_redact.h"
#include "capture/content_coding.h"
#include "capture/json_redact.h"

namespace truemirror {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMaxDecoded = 16u << 20;
constexpr std::string_view kToken =
    "/~jwt/";  // below it stands what diff/jwt.h read in a token; no key holds a bare `~`

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  return from == text.npos ? std::string_view() : text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

class StandardRedactor : public Redactor {
 public:
  explicit StandardRedactor(RedactionOptions options) : policy_(std::move(options)) {}

  std::string target(std::string_view target) const override { return policy_.target(target); }

  Headers headers(const Headers& headers) const override {
    Headers safe;
    safe.reserve(headers.footprint(), headers.size());
    for (const HeaderField& field : headers) {
      safe.add(field_name_is_safe(field.name) ? std::string(field.name) : policy_.text(field.name),
               header_value(ascii_lower(field.name), field.value));
    }
    return safe;
  }

  SafeBody body(const Headers& headers, const Body& body) const override {
    if (body.bytes.empty()) return {body, false, false};
    const std::string_view content_type = headers.get("content-type").value_or("");
    const std::string coding = all_of(headers, "content-encoding");
    const bool coded = has_content_coding(coding) && body_shape(content_type) != BodyShape::opaque;
    const bool cut = body.truncated();
    std::optional<std::string> decoded;
    if (coded) {
      // Half of a coded body decodes to an end that nobody can see.
      if (!cut) decoded = remove_content_codings(coding, body.bytes, kMaxDecoded);
      if (!decoded) return withheld(body);
    }
    const std::string_view plain = decoded ? std::string_view(*decoded) : std::string_view(body.bytes);
    std::optional<RedactedBody> safe = redact_body(plain, content_type, cut, policy_);
    if (!safe) return withheld(body);
    if (safe->bytes == plain.substr(0, safe->kept)) {
      SafeBody same{body, false, false};
      if (cut) same.body.bytes.resize(safe->kept);
      return same;
    }
    SafeBody changed{{}, coded, false};
    // The hash was of bytes that are not these: it would let a guess at the secret be checked.
    changed.body.length = (cut ? body.length - safe->kept : 0) + safe->bytes.size();
    changed.body.bytes = std::move(safe->bytes);
    return changed;
  }

  std::string value(std::string_view location, std::string_view json) const override {
    if (const std::size_t token = location.find(kToken); token != location.npos) {
      return claim(location.substr(token + kToken.size()), json);
    }
    const std::size_t slash = location.find('/');
    const std::string_view kind = location.substr(0, slash);
    const std::string_view rest = slash == location.npos ? std::string_view() : location.substr(slash + 1);
    if (kind == "status") return std::string(json);
    if (kind == "header" || kind == "trailer") return header_json(rest, json);
    std::string_view type;
    for (std::string_view path = rest; !path.empty() && (type.empty() || type == "field");) {
      const std::size_t end = path.find('/');
      const std::string_view name = path.substr(0, end);
      const bool index = name.find_first_not_of("0123456789*") == name.npos;
      if (!index) type = policy_.field_type(name.substr(name.starts_with('@') ? 1 : 0));
      path = end == path.npos ? std::string_view() : path.substr(end + 1);
    }
    if (auto safe = redact_json(json, policy_, false, type)) return std::move(safe->text);
    return type.empty() ? policy_.text(json) : '"' + policy_.mask(type, json) + '"';
  }

 private:
  // What a token says is about a person, however the claim is called. Only when it was made and how is not.
  std::string claim(std::string_view name, std::string_view json) const {
    for (const std::string_view known : {"claims/exp", "claims/iat", "claims/nbf", "header/alg", "header/typ"}) {
      if (name != known) continue;
      if (auto safe = redact_json(json, policy_, false)) return std::move(safe->text);
    }
    const bool text = json.size() >= 2 && json.front() == '"' && json.back() == '"';
    return '"' + policy_.mask("jwt", text ? json_unescaped(json.substr(1, json.size() - 2)).text : json) + '"';
  }

  static SafeBody withheld(const Body& body) {
    SafeBody safe{{}, false, true};
    safe.body.length = body.length;
    return safe;
  }

  static bool field_name_is_safe(std::string_view name) {
    return name.size() < 64 && name.find_first_of("@=%:") == name.npos;
  }

  // All fields of a name as one list (RFC 9110 §5.3).
  static std::string all_of(const Headers& headers, std::string_view name) {
    std::string list;
    for (const HeaderField& field : headers) {
      if (iequals(field.name, name)) list.append(list.empty() ? "" : ", ").append(field.value);
    }
    return list;
  }

  std::string header_value(std::string_view name, std::string_view value) const {
    if (name == "cookie") return cookies(value);
    if (name == "set-cookie") return set_cookie(value);
    if (name == "content-type" || name == "content-length" || name == "content-encoding" ||
        name == "transfer-encoding") {
      return std::string(value);
    }
    const std::string_view type = policy_.header_type(name);
    if (!type.empty()) return type == "authorization" ? credentials(value) : masked(type, value);
    for (const std::string_view url :
         {"referer", "location", "content-location", "origin", "x-original-url", "x-forwarded-uri"}) {
      if (name == url) return policy_.target(value);
    }
    return policy_.text(value);
  }

  std::string masked(std::string_view type, std::string_view value) const {
    return value.empty() ? std::string() : policy_.mask(type, value);
  }

  // The scheme stays: `Bearer [redacted:authorization:…]` (RFC 9110 §11.4).
  std::string credentials(std::string_view value) const {
    const std::size_t space = value.find(' ');
    const std::string_view scheme = value.substr(0, space);
    for (const std::string_view known :
         {"basic", "bearer", "digest", "negotiate", "hawk", "dpop", "aws4-hmac-sha256", "token", "apikey"}) {
      if (space == value.npos || !iequals(scheme, known)) continue;
      return std::string(scheme) + " " + masked("authorization", trimmed(value.substr(space + 1)));
    }
    return masked("authorization", value);
  }

  std::string cookie(std::string_view pair) const {
    const std::size_t equals = pair.find('=');
    // A cookie without a name is all value (RFC 6265bis §5.6).
    if (equals == pair.npos) return masked("cookie", pair);
    return policy_.text(pair.substr(0, equals)) + "=" + masked("cookie", pair.substr(equals + 1));
  }

  std::string cookies(std::string_view value) const {
    std::string out;
    while (!value.empty()) {
      const std::size_t end = std::min(value.find(';'), value.size());
      const std::string_view pair = value.substr(0, end);
      const std::size_t lead = std::min(pair.find_first_not_of(" \t"), pair.size());
      out.append(pair.substr(0, lead)).append(cookie(pair.substr(lead)));
      if (end < value.size()) out.push_back(';');
      value.remove_prefix(std::min(end + 1, value.size()));
    }
    return out;
  }

  std::string set_cookie(std::string_view value) const {
    const std::size_t end = std::min(value.find(';'), value.size());
    return cookie(value.substr(0, end)) + policy_.text(value.substr(end));
  }

  // `name`, or `set-cookie/<cookie>`: the value is then that of the cookie alone.
  std::string header_json(std::string_view rest, std::string_view json) const {
    const std::size_t slash = rest.find('/');
    const std::string name = ascii_lower(rest.substr(0, slash));
    const bool cookie_value = slash != rest.npos && (name == "set-cookie" || name == "cookie");
    if (json.size() < 2 || json.front() != '"' || json.back() != '"') {
      const std::string_view type = cookie_value || name == "set-cookie" || name == "cookie"
                                        ? std::string_view("cookie")
                                        : policy_.header_type(name);
      if (auto safe = redact_json(json, policy_, false, type)) return std::move(safe->text);
      return '"' + policy_.mask(type.empty() ? "header" : type, json) + '"';
    }
    const std::string raw = json_unescaped(json.substr(1, json.size() - 2)).text;
    const std::string safe = cookie_value ? masked("cookie", raw) : header_value(name, raw);
    return safe == raw ? std::string(json) : quoted(safe);
  }

  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      if (static_cast<unsigned char>(c) >= 0x20) {
        out.push_back(c);
        continue;
      }
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
      out.append(escaped.data());
    }
    return out.append("\"");
  }

  RedactionPolicy policy_;
};

}  // namespace

Result<std::shared_ptr<const Redactor>> make_redactor(RedactionOptions options) {
  if (options.key.empty()) {
    options.key.resize(kKeyBytes);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(options.key.data()), static_cast<int>(kKeyBytes)) != 1) {
      return Problem{"redaction: the system gives no random bytes for a key"};
    }
  }
  if (options.key.size() < 16) {
    return Problem{"redaction: a key of " + std::to_string(options.key.size()) +
                   " bytes is too short; write 32 random ones, as `head -c 32 /dev/urandom` gives"};
  }
  return std::shared_ptr<const Redactor>(std::make_shared<StandardRedactor>(std::move(options)));
}

std::string redaction_policy_hash(const RedactionOptions& options) {
  std::string text = "1";  // of the built-in lists
  const auto add = [&](char tag, std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) text.append("\n").append(1, tag).append(bare_name(name));
  };
  add('h', options.extra_headers);
  add('f', options.extra_fields);
  add('q', options.extra_query);
  if (options.keep_headers) text.append("\nH"), add('k', *options.keep_headers);
  if (options.keep_fields) text.append("\nF"), add('K', *options.keep_fields);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  std::string hex;
  for (std::size_t at = 0; at < 8; ++at) {
    std::array<char, 3> byte{};
    std::snprintf(byte.data(), byte.size(), "%02x", digest[at]);
    hex.append(byte.data());
  }
  return hex;
}

bool is_redacted_token(std::string_view value) {
  constexpr std::string_view kPrefix = "[redacted:";
  if (!value.starts_with(kPrefix) || !value.ends_with(']') || value.size() > 64) return false;
  value = value.substr(kPrefix.size(), value.size() - kPrefix.size() - 1);
  const std::size_t colon = value.find(':');
  if (colon == value.npos || colon == 0 || value.size() - colon - 1 != 8) return false;
  return value.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == colon &&
         value.find_first_not_of("0123456789abcdef", colon + 1) == value.npos;
}

}  // namespace truemirror
