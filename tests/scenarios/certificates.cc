#include "tests/scenarios/certificates.h"

#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

namespace truemirror::testing {
namespace {

void must(bool done) {
  if (!done) throw std::runtime_error("certificates: " + take_tls_error());
}

UniqueKey make_key(bool rsa) {
  UniqueKey key(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  must(key != nullptr);
  return key;
}

std::string in_memory(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  const UniqueBio out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(out.get(), certificate) == 1);
  return in_memory(out.get());
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
  must(::chmod(file.c_str(), 0600) == 0);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

UniqueX509 unsigned_certificate(const std::string& subject, EVP_PKEY* key, const Wish& wish, long serial) {
  UniqueX509 out(X509_new());
  must(X509_set_version(out.get(), 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial) == 1);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), wish.begins);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), wish.ends);
  X509_NAME* name = X509_get_subject_name(out.get());
  must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Tests"), -1, -1,
                                  0) == 1);
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(subject.c_str()),
                                  -1, -1, 0) == 1);
  must(X509_set_pubkey(out.get(), key) == 1);
  return out;
}

}  // namespace

Authority::Authority(std::filesystem::path folder, const std::string& name)
    : folder_(std::move(folder)), name_(name), file_(folder_ / (name + ".pem")), key_(make_key(false)) {
  certificate_ = unsigned_certificate(name, key_.get(), {}, 1);
  must(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get())) == 1);
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  must(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  write(file_, pem(certificate_.get()));
}

Issued Authority::issue(const Wish& wish) {
  Issued out;
  const std::string stem = name_ + "-" + std::to_string(++issued_);
  out.certificate = folder_ / (stem + ".pem");
  out.key = folder_ / (stem + ".key");
  out.private_key = make_key(wish.rsa);
  out.x509 = unsigned_certificate(wish.subject, out.private_key.get(), wish, 100 + issued_);
  must(X509_set_issuer_name(out.x509.get(), X509_get_subject_name(certificate_.get())) == 1);
  std::string names;
  for (const std::string& each : wish.names)
    names += (names.empty() ? "" : ",") + (each.rfind("IP:", 0) == 0 ? each : "DNS:" + each);
  if (!names.empty()) add_extension(out.x509.get(), certificate_.get(), NID_subject_alt_name, names);
  must(X509_sign(out.x509.get(), key_.get(), EVP_sha256()) > 0);
  write(out.certificate, pem(out.x509.get()) + pem(certificate_.get()));
  const UniqueBio key(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PrivateKey(key.get(), out.private_key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  write(out.key, in_memory(key.get()));
  return out;
}

std::filesystem::path Authority::staple(const Issued& issued, long seconds) {
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  ASN1_TIME* from = X509_gmtime_adj(nullptr, -7200);
  ASN1_TIME* until = X509_gmtime_adj(nullptr, seconds);
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), issued.x509.get(), certificate_.get());
  must(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, from, until) != nullptr);
  must(OCSP_basic_sign(basic, certificate_.get(), key_.get(), EVP_sha256(), nullptr, 0) == 1);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  must(size > 0);
  const std::filesystem::path file = issued.certificate.string() + "." + std::to_string(seconds) + ".ocsp";
  write(file, {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  OCSP_RESPONSE_free(response);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(from);
  ASN1_TIME_free(until);
  OCSP_BASICRESP_free(basic);
  return file;
}

void write_encrypted_key(const std::filesystem::path& file, EVP_PKEY* key) {
  const UniqueBio out(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PKCS8PrivateKey(out.get(), key, EVP_aes_256_cbc(), "secret", 6, nullptr, nullptr) == 1);
  write(file, in_memory(out.get()));
}

}  // namespace truemirror::testing
