// What TLS is given from outside, without sockets: a client's first flight, a name that it asks for, and the files of
// an operator (certificate, key, OCSP response). No bytes crash it, complete a handshake, or get a certificate for
// another name shown; what is said of a certificate is printable. The first byte chooses which.
#include <openssl/err.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "proxy/http/headers.h"
#include "proxy/live/tls_server.h"
#include "proxy/live/tls_staple.h"
#include "tests/fuzz/fuzz.h"
#include "tests/scenarios/certificates.h"

namespace truemirror {
namespace {

using testing::Issued;

// A file that is only in memory.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) { require(descriptor_ >= 0, "memory for a file"); }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  [[nodiscard]] std::filesystem::path with(std::string_view bytes) const {
    require(::ftruncate(descriptor_, 0) == 0, "memory for a file");
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), 0);
    require(written == static_cast<ssize_t>(bytes.size()), "memory for a file");
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

// Made once: two certificates, a server that presents them, a file for what comes.
struct Setting {
  Setting() {
    TlsServerOptions options;
    options.certificates = {{first.certificate, first.key, {}}, {second.certificate, second.key, {}}};
    server = TlsServer::load(options).value();
    require(keys.rotate(), "random bytes for ticket keys");
    certified = load_certified_key(first.certificate, first.key, warnings).value();
    std::filesystem::remove_all(folder);
  }

  std::filesystem::path folder = [] {
    std::string name = std::filesystem::temp_directory_path() / "fuzz-tls-XXXXXX";
    require(::mkdtemp(name.data()) != nullptr, "a folder for certificates");
    return name;
  }();
  testing::Authority authority{folder, "authority"};
  Issued first = authority.issue({.names = {"a.test"}}), second = authority.issue({.names = {"b.test", "*.c.test"}});
  std::shared_ptr<const TlsServer> server;
  TicketKeys keys;
  std::vector<std::string> warnings;
  CertifiedKey certified;
  MemoryFile file;
};

Setting& setting() {
  static Setting one;
  return one;
}

// Whose certificate answers, by the rules as README states them.
const Issued& expected_for(const char* asked) {
  std::string name = ascii_lower(asked == nullptr ? "" : asked);
  if (!name.empty() && name.back() == '.') name.pop_back();
  const std::size_t dot = name.find('.');
  const bool one_label_below = dot != std::string::npos && dot > 0 && name.substr(dot) == ".c.test";
  return name == "b.test" || one_label_below ? setting().second : setting().first;
}

std::string big_endian(std::size_t value, int bytes) {
  std::string out;
  for (int at = bytes - 1; at >= 0; --at) out += static_cast<char>(value >> (8 * at) & 0xff);
  return out;
}

void shake_hands(std::string_view flight) {
  const UniqueSsl ssl = setting().server->begin(setting().keys);
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  BIO_write(in, flight.data(), static_cast<int>(flight.size()));
  ERR_clear_error();
  require(SSL_do_handshake(ssl.get()) != 1, "no handshake ends without the client's proof");
  ERR_clear_error();
  char* answer = nullptr;
  if (BIO_get_mem_data(out, &answer) == 0 || *answer != '\x16')
    return;  // nothing, or an alert: it shows no certificate
  const Issued& expected = expected_for(SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name));
  require(X509_cmp(SSL_get_certificate(ssl.get()), expected.x509.get()) == 0, "the name's own certificate is shown");
  require(setting().server->identity(ssl.get()).empty(), "a client without a certificate is nobody");
}

void ask_for_names(FuzzInput& input) {
  CertificateNames names;
  std::string first;
  for (int at = 0; at < 8 && !input.empty(); ++at) {
    const std::string name = ascii_lower(input.part());
    names.add({name, name + ".x"}, at % 2);
    if (at == 0) first = name;
    require(!names.usual().empty() && names.usual().front() == 0, "the first answers who asks for nothing known");
    const std::string_view found = names.match(name);
    require(found.empty() || names.by_name().contains(found), "what is found is one of the names");
    if (!name.empty() && name.back() != '.') require(found == name, "a name finds itself");
  }
}

void read_certificate(const std::filesystem::path& file) {
  const auto loaded = load_certificates(file);
  if (loaded.has_error()) return;
  for (const UniqueX509& each : *loaded) {
    const std::string subject = subject_of(*each);
    require(std::all_of(subject.begin(), subject.end(), [](char c) { return c >= ' ' && c <= '~'; }),
            "a subject is printable ASCII");
    for (const std::string& name : names_of(*each)) require(!name.empty(), "nobody is called nothing");
  }
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  const unsigned what = input.byte() % 6;
  if (what == 2) return ask_for_names(input), 0;
  const std::string rest(input.rest());
  if (what == 0) return shake_hands(rest), 0;
  // A hello whose lengths are right, whatever it says: one handshake message in one record.
  const std::string hello = '\x01' + big_endian(rest.size(), 3) + rest;
  if (what == 1) return shake_hands("\x16\x03\x01" + big_endian(hello.size(), 2) + hello), 0;
  const Setting& here = setting();
  const std::filesystem::path file = here.file.with(rest);
  std::vector<std::string> warnings;
  if (what == 3) read_certificate(file);
  if (what == 4) (void)load_certified_key(file, file, warnings);
  if (what == 5) (void)load_staple(file, here.certified, warnings);
  return 0;
}
