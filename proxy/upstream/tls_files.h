// Reads certificates and keys from PEM files, and says of each what is wrong with it and what would be right. Blocking;
// for the start and for reloads.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/upstream/tls.h"

namespace truemirror {

// A certificate, what signs it, and its key.
struct CertifiedKey {
  UniqueX509 certificate;
  std::vector<UniqueX509> chain;  // the issuer first, without the root where the file has none
  UniqueKey key;
};

// Errors: unreadable, no PEM, an encrypted key, a key of another certificate. What works, but not as it should, goes to
// `warnings`: an expired certificate, one not valid yet, a key that everybody may read.
[[nodiscard]] Result<CertifiedKey> load_certified_key(const std::filesystem::path& certificate,
                                                      const std::filesystem::path& key,
                                                      std::vector<std::string>& warnings);

// At least one certificate: of a CA, or the peer's own.
[[nodiscard]] Result<std::vector<UniqueX509>> load_certificates(const std::filesystem::path& file);

// The whole file, up to a MiB.
[[nodiscard]] Result<std::string> read_tls_file(const std::filesystem::path& file);

// `CN=a,O=b` (RFC 2253): printable ASCII, whatever the certificate holds. Empty where memory is short.
[[nodiscard]] std::string subject_of(const X509& certificate);

// Makes a context present them. Errors: those of OpenSSL, such as a key that is too short.
[[nodiscard]] Result<void> present(SSL_CTX* context, const CertifiedKey& certified);

}  // namespace truemirror
