#include "proxy/sample/mark.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace truemirror {
namespace {

constexpr std::size_t kMacBytes = 16;

// The value of `name=` in "a=1; b=2"; empty where there is none.
std::string_view part(std::string_view mark, std::string_view name) {
  while (!mark.empty()) {
    const std::size_t end = mark.find(';');
    std::string_view item = mark.substr(0, end);
    mark = end == std::string_view::npos ? std::string_view{} : mark.substr(end + 1);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    if (item.size() > name.size() && item.substr(0, name.size()) == name && item[name.size()] == '=')
      return item.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

MarkKey MarkKey::random() {
  std::string key(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("OpenSSL's random generator failed: no key for shadow marks");
  return MarkKey(std::move(key));
}

std::string MarkKey::mac(std::string_view role, std::string_view run) const {
  const std::string text = std::string(role) + "\n" + std::string(run);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  // OpenSSL fails where there is no memory: then nothing is valid, rather than a digest of zeros.
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr)
    return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t at = 0; at < kMacBytes; ++at) out.append({kHex[digest[at] >> 4], kHex[digest[at] & 15]});
  return out;
}

std::string MarkKey::sign(Arm role, std::string_view run) const {
  return "role=" + std::string(to_string(role)) + "; run=" + std::string(run) + "; mac=" + mac(to_string(role), run);
}

bool MarkKey::valid(std::string_view mark) const {
  const std::string_view role = part(mark, "role");
  const std::string_view run = part(mark, "run");
  const std::string_view claimed = part(mark, "mac");
  if (role.empty() || run.empty() || run.size() > 128 || claimed.size() != 2 * kMacBytes) return false;
  const std::string right = mac(role, run);
  return right.size() == claimed.size() && CRYPTO_memcmp(right.data(), claimed.data(), claimed.size()) == 0;
}

}  // namespace truemirror
