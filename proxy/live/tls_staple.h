// An OCSP response from a file, sent along with a certificate so that clients need not ask the CA (RFC 6066 §8). Who
// renews the file sends SIGHUP.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/upstream/tls_files.h"

namespace truemirror {

struct Staple {
  std::string der;  // empty: nothing to send
  std::chrono::system_clock::time_point until = std::chrono::system_clock::time_point::max();
};

// Errors: no OCSP response, one that reports a failure, is about another certificate, or is not signed for its issuer
// (where the chain has it). One that is out of date, or that says `revoked`, is a warning; out of date, it is not sent.
[[nodiscard]] Result<Staple> load_staple(const std::filesystem::path& file, const CertifiedKey& certified,
                                         std::vector<std::string>& warnings);

}  // namespace truemirror
