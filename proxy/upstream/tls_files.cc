#include "proxy/upstream/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace truemirror {
namespace {

constexpr std::size_t kLargest = 1u << 20;

Problem wrong(const std::filesystem::path& file, const std::string& what) { return {file.string() + ": " + what}; }

UniqueBio memory(const std::string& text) {
  return UniqueBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Keys are given in plain: nobody is there to type a passphrase. Notes that one was asked for.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<UniqueKey> load_key(const std::filesystem::path& file, std::vector<std::string>& warnings) {
  const auto text = read_tls_file(file);
  if (text.has_error()) return text.error();
  bool encrypted = false;
  UniqueKey key(PEM_read_bio_PrivateKey(memory(*text).get(), nullptr, no_passphrase, &encrypted));
  ERR_clear_error();
  if (encrypted) {
    return wrong(
        file, "the key is encrypted, and nobody is there to type its passphrase; decrypt it with `openssl pkey -in " +
                  file.string() + " -out FILE` and guard the file");
  }
  if (!key) return wrong(file, "holds no private key; it takes PEM, -----BEGIN PRIVATE KEY-----");
  struct stat about{};
  if (::stat(file.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0) {
    warnings.push_back(file.string() + ": everybody on this machine may read this private key; chmod 600 mends it");
  }
  return {boost::system::in_place_value, std::move(key)};
}

std::string time_text(const ASN1_TIME* time) {
  const UniqueBio out(BIO_new(BIO_s_mem()));
  if (!out || ASN1_TIME_print(out.get(), time) != 1) return "an unreadable date";
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void check_dates(const std::filesystem::path& file, const X509* certificate, std::vector<std::string>& warnings) {
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    warnings.push_back(file.string() + ": the certificate expired on " + time_text(X509_get0_notAfter(certificate)) +
                       "; peers will refuse it");
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    warnings.push_back(file.string() + ": the certificate is not valid before " +
                       time_text(X509_get0_notBefore(certificate)) + "; peers will refuse it");
  }
}

}  // namespace

Result<std::string> read_tls_file(const std::filesystem::path& file) {
  struct stat about{};
  if (::stat(file.c_str(), &about) != 0) return wrong(file, std::string("cannot be read: ") + std::strerror(errno));
  if (S_ISDIR(about.st_mode)) return wrong(file, "is a folder; name a file");
  std::ifstream in(file, std::ios::binary);
  std::string text(kLargest + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) return wrong(file, std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kLargest) return wrong(file, "has over a MiB; is it the right file?");
  return {boost::system::in_place_value, std::move(text)};
}

Result<std::vector<UniqueX509>> load_certificates(const std::filesystem::path& file) {
  const auto text = read_tls_file(file);
  if (text.has_error()) return text.error();
  const UniqueBio in = memory(*text);
  std::vector<UniqueX509> out;
  while (X509* one = PEM_read_bio_X509_AUX(in.get(), nullptr, nullptr, nullptr)) out.emplace_back(one);
  const unsigned long why = ERR_peek_last_error();
  ERR_clear_error();
  if (out.empty() && text->find("PRIVATE KEY-----") != std::string::npos)
    return wrong(file, "holds a private key and no certificate; are the two files swapped?");
  if (out.empty()) return wrong(file, "holds no certificate; it takes PEM, -----BEGIN CERTIFICATE-----");
  if (ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
    return wrong(file, "the certificate after the first " + std::to_string(out.size()) + " is damaged");
  return {boost::system::in_place_value, std::move(out)};
}

Result<CertifiedKey> load_certified_key(const std::filesystem::path& certificate, const std::filesystem::path& key,
                                        std::vector<std::string>& warnings) {
  auto certificates = load_certificates(certificate);
  if (certificates.has_error()) return certificates.error();
  auto loaded_key = load_key(key, warnings);
  if (loaded_key.has_error()) return loaded_key.error();
  CertifiedKey out;
  out.key = *std::move(loaded_key);
  out.certificate = std::move(certificates->front());
  for (std::size_t at = 1; at < certificates->size(); ++at) out.chain.push_back(std::move((*certificates)[at]));
  if (X509_check_private_key(out.certificate.get(), out.key.get()) != 1) {
    ERR_clear_error();
    return wrong(key, "is not the key of the certificate in " + certificate.string() + " (" +
                          subject_of(*out.certificate) + "); the server's own certificate comes first in its file");
  }
  check_dates(certificate, out.certificate.get(), warnings);
  return {boost::system::in_place_value, std::move(out)};
}

std::string subject_of(const X509& certificate) {
  const UniqueBio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Result<void> present(SSL_CTX* context, const CertifiedKey& certified) {
  ERR_clear_error();
  bool done = SSL_CTX_use_certificate(context, certified.certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, certified.key.get()) == 1 && SSL_CTX_clear_chain_certs(context) == 1;
  for (const UniqueX509& each : certified.chain) done = done && SSL_CTX_add1_chain_cert(context, each.get()) == 1;
  if (!done) return Problem{"cannot be used: " + take_tls_error()};
  return {};
}

}  // namespace truemirror
