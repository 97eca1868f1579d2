#include "proxy/http/client_identity.h"

#include <algorithm>

namespace truemirror {
namespace {

bool same(std::string_view name, std::string_view ours) noexcept {
  return std::equal(name.begin(), name.end(), ours.begin(), ours.end(), [](char a, char b) {
    if (a == '_') a = '-';
    if (a >= 'A' && a <= 'Z') a = static_cast<char>(a - 'A' + 'a');
    if (b >= 'A' && b <= 'Z') b = static_cast<char>(b - 'A' + 'a');
    return a == b;
  });
}

}  // namespace

bool claims_identity(std::string_view name) noexcept {
  switch (name.size()) {
    case kClientSubject.size():
      return same(name, kClientSubject);
    case kClientCertificate.size():
      return same(name, kClientCertificate);
    case kClientCertificateChain.size():
      return same(name, kClientCertificateChain);
    default:
      return false;
  }
}

}  // namespace truemirror
