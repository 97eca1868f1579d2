#include "proxy/live/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

namespace truemirror {
namespace {

// What OpenSSL wants of the callback (SSL_CTX_set_tlsext_ticket_key_evp_cb).
constexpr int kFailed = -1, kUnknown = 0, kDone = 1, kRenew = 2;

// RFC 5077 §4: AES in CBC mode, HMAC over name, IV and ciphertext. Fetched once: a look-up by name costs microseconds.
const EVP_CIPHER* ticket_cipher() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

bool set_mac(EVP_MAC_CTX* mac, const TicketKeys::Key& key) {
  // OpenSSL's parameters point to what they do not change.
  const std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) {
  const auto* keys = static_cast<const TicketKeys*>(SSL_get_app_data(ssl));
  if (seal != 0) {
    const TicketKeys::Key* key = keys->newest();
    if (key == nullptr || RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return kFailed;
    std::copy(key->name.begin(), key->name.end(), name);
    if (EVP_EncryptInit_ex2(cipher, ticket_cipher(), key->cipher.data(), iv, nullptr) != 1) return kFailed;
    return set_mac(mac, *key) ? kDone : kFailed;
  }
  const TicketKeys::Key* key = keys->find(std::span<const unsigned char, 16>(name, 16));
  if (key == nullptr) return kUnknown;
  if (!set_mac(mac, *key)) return kFailed;
  if (EVP_DecryptInit_ex2(cipher, ticket_cipher(), key->cipher.data(), iv, nullptr) != 1) return kFailed;
  return key == keys->newest() ? kDone : kRenew;
}

}  // namespace

bool TicketKeys::rotate() {
  Key fresh;
  if (RAND_bytes(fresh.name.data(), static_cast<int>(fresh.name.size())) != 1 ||
      RAND_priv_bytes(fresh.cipher.data(), static_cast<int>(fresh.cipher.size())) != 1 ||
      RAND_priv_bytes(fresh.mac.data(), static_cast<int>(fresh.mac.size())) != 1)
    return false;
  std::move_backward(keys_.begin(), keys_.end() - 1, keys_.end());
  keys_.front() = fresh;
  OPENSSL_cleanse(&fresh, sizeof fresh);
  count_ = std::min(count_ + 1, keys_.size());
  return true;
}

const TicketKeys::Key* TicketKeys::find(std::span<const unsigned char, 16> name) const {
  const auto end = keys_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found = std::find_if(
      keys_.begin(), end, [&](const Key& key) { return std::equal(name.begin(), name.end(), key.name.begin()); });
  return found == end ? nullptr : &*found;
}

bool use_ticket_keys(SSL_CTX* context) {
  return ticket_cipher() != nullptr && SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket) == 1;
}

}  // namespace truemirror
