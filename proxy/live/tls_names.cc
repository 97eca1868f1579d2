#include "proxy/live/tls_names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "proxy/http/headers.h"
#include "proxy/upstream/tls.h"

namespace truemirror {
namespace {

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string common_name(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
  using Names = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
  const Names found(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> names;
  for (int at = 0; found && at < sk_GENERAL_NAME_num(found.get()); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found.get(), at);
    if (name->type == GEN_DNS) names.push_back(ascii_lower(text_of(name->d.dNSName)));
  }
  if (names.empty()) names.push_back(ascii_lower(common_name(certificate)));
  std::erase(names, "");  // called nothing, it would answer whoever asks for a name that nobody has
  return names;
}

void CertificateNames::add_to(Set& set, std::size_t at) const {
  const bool there = std::any_of(set.begin(), set.end(),
                                 [&](std::size_t other) { return entries_[other].key_type == entries_[at].key_type; });
  if (!there) set.push_back(at);
}

void CertificateNames::add(std::vector<std::string> names, int key_type) {
  std::sort(names.begin(), names.end());
  entries_.push_back({std::move(names), key_type});
  const std::size_t at = entries_.size() - 1;
  for (const std::string& name : entries_[at].names) add_to(by_name_[name], at);
}

CertificateNames::Set CertificateNames::usual() const {
  Set set;
  for (std::size_t at = 0; at < entries_.size(); ++at) {
    if (entries_[at].names == entries_.front().names) add_to(set, at);
  }
  return set;
}

std::string_view CertificateNames::match(std::string_view asked) const {
  std::string name = ascii_lower(asked);
  if (!name.empty() && name.back() == '.') name.pop_back();
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    const std::size_t dot = name.find('.');
    if (dot != std::string::npos && dot > 0) found = by_name_.find("*" + name.substr(dot));  // one label
  }
  return found == by_name_.end() ? std::string_view() : std::string_view(found->first);
}

}  // namespace truemirror
