// The keys that session tickets are sealed with: random, of this process, in memory alone. A value: each live thread
// has its copy, so nothing is locked; who rotates hands every thread the same new one.
#pragma once

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>

namespace truemirror {

class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher, mac;
  };
  // A ticket is good for two hours; with a new key each hour, the newest and the two before it open all that are.
  static constexpr std::chrono::hours kLifetime{2};
  static constexpr std::chrono::hours kRotation{1};

  TicketKeys() = default;
  TicketKeys(const TicketKeys&) = default;
  TicketKeys& operator=(const TicketKeys&) = default;
  ~TicketKeys() { OPENSSL_cleanse(keys_.data(), sizeof keys_); }

  // Puts a new key in front; the oldest goes. False where the system gave no random bytes: all stays as it is.
  [[nodiscard]] bool rotate();
  // Null where there is none yet.
  [[nodiscard]] const Key* newest() const { return count_ == 0 ? nullptr : keys_.data(); }
  // The key of that name; null where it is unknown, or gone.
  [[nodiscard]] const Key* find(std::span<const unsigned char, 16> name) const;

 private:
  std::array<Key, 3> keys_{};
  std::size_t count_ = 0;
};

// Makes OpenSSL seal tickets of `context` with the keys that each connection's SSL_get_app_data() points to, a
// `const TicketKeys*`. False where memory is short.
[[nodiscard]] bool use_ticket_keys(SSL_CTX* context);

}  // namespace truemirror
