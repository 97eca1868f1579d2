// Certificates made while a test runs, in its folder: nothing secret is committed, nothing expires in a repository.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "proxy/upstream/tls.h"

namespace truemirror::testing {

// A certificate's files and itself.
struct Issued {
  std::filesystem::path certificate, key;  // PEM; the certificate's file has its issuer's, too
  UniqueX509 x509;
  UniqueKey private_key;
};

struct Wish {
  std::vector<std::string> names{};    // DNS names, or IP:127.0.0.1
  std::string subject = "leaf";        // its CN
  bool rsa = false;                    // else ECDSA, P-256
  long begins = -3600, ends = 86'400;  // seconds from now
};

class Authority {
 public:
  // Writes below `folder`.
  Authority(std::filesystem::path folder, const std::string& name);

  [[nodiscard]] Issued issue(const Wish& wish);
  // An OCSP response that says the certificate is good, for `seconds` from now; the past makes it out of date.
  [[nodiscard]] std::filesystem::path staple(const Issued& issued, long seconds);
  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path folder_;
  std::string name_;
  std::filesystem::path file_;
  UniqueKey key_;
  UniqueX509 certificate_;
  int issued_ = 0;
};

// The key in PEM, encrypted under a passphrase.
void write_encrypted_key(const std::filesystem::path& file, EVP_PKEY* key);

}  // namespace truemirror::testing
