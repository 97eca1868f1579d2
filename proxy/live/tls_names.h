// Which of several certificates answers a client that asked for a name (SNI): the ones for exactly that name, else the
// ones for `*.` and its parent, else the first given. Certificates of different key types stand side by side, and
// OpenSSL takes what the client can verify. Values; no socket.
#pragma once

#include <openssl/x509.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

// Names in lower case: the DNS names of subjectAltName, or the common name where there are none.
[[nodiscard]] std::vector<std::string> names_of(const X509& certificate);

class CertificateNames {
 public:
  // Positions in the order of add(), the first of each key type.
  using Set = std::vector<std::size_t>;

  void add(std::vector<std::string> names, int key_type);
  // What answers clients that ask for nothing, or for nothing known: the first, and those of other key types with the
  // same names.
  [[nodiscard]] Set usual() const;
  [[nodiscard]] const std::map<std::string, Set, std::less<>>& by_name() const { return by_name_; }
  // The name in by_name() that answers `asked`; empty where none does.
  [[nodiscard]] std::string_view match(std::string_view asked) const;

 private:
  struct Entry {
    std::vector<std::string> names;  // sorted
    int key_type = 0;
  };
  void add_to(Set& set, std::size_t at) const;

  std::vector<Entry> entries_;
  std::map<std::string, Set, std::less<>> by_name_;
};

}  // namespace truemirror
