#include "proxy/live/tls_staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <memory>

namespace truemirror {
namespace {

constexpr long kClockSkew = 300;  // seconds that CA and we may differ

using Response = std::unique_ptr<OCSP_RESPONSE, FreeWith<OCSP_RESPONSE_free>>;
using Basic = std::unique_ptr<OCSP_BASICRESP, FreeWith<OCSP_BASICRESP_free>>;
using Store = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using Stack = std::unique_ptr<STACK_OF(X509), FreeWith<free_stack>>;

// The part about our certificate: by its serial number, which is unique for an issuer, whom the signature tells.
OCSP_SINGLERESP* part_about(OCSP_BASICRESP* basic, const X509* certificate) {
  for (int at = 0; at < OCSP_resp_count(basic); ++at) {
    OCSP_SINGLERESP* part = OCSP_resp_get0(basic, at);
    ASN1_INTEGER* serial = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(part)));
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) == 0) return part;
  }
  return nullptr;
}

bool signed_by_issuer(OCSP_BASICRESP* basic, const CertifiedKey& certified) {
  const Store store(X509_STORE_new());
  const Stack chain(sk_X509_new_null());
  if (!store || !chain) return false;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  for (const UniqueX509& each : certified.chain) {
    X509_STORE_add_cert(store.get(), each.get());
    sk_X509_push(chain.get(), each.get());
  }
  return OCSP_basic_verify(basic, chain.get(), store.get(), 0) == 1;
}

std::chrono::system_clock::time_point time_point(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

Result<Staple> load_staple(const std::filesystem::path& file, const CertifiedKey& certified,
                           std::vector<std::string>& warnings) {
  const auto wrong = [&](const std::string& what) { return Problem{file.string() + ": " + what}; };
  auto text = read_tls_file(file);
  if (text.has_error()) return text.error();
  const auto* bytes = reinterpret_cast<const unsigned char*>(text->data());
  const Response response(d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(text->size())));
  const Basic basic(response ? OCSP_response_get1_basic(response.get()) : nullptr);
  ERR_clear_error();
  if (!response) return wrong("holds no OCSP response; it takes DER, as `openssl ocsp -respout FILE` writes it");
  if (const int status = OCSP_response_status(response.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL || !basic)
    return wrong(std::string("is an OCSP response that says '") + OCSP_response_status_str(status) +
                 "'; ask the CA again");
  OCSP_SINGLERESP* about_ours = part_about(basic.get(), certified.certificate.get());
  if (about_ours == nullptr)
    return wrong("is an OCSP response about another certificate than " + subject_of(*certified.certificate));
  if (!certified.chain.empty() && !signed_by_issuer(basic.get(), certified))
    return wrong("is an OCSP response that the certificate's issuer has not signed: " + take_tls_error());

  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  const int verdict = OCSP_single_get0_status(about_ours, nullptr, nullptr, &from, &until);
  if (verdict != V_OCSP_CERTSTATUS_GOOD) {
    warnings.push_back(file.string() + ": says that the certificate is '" + OCSP_cert_status_str(verdict) +
                       "'; clients will refuse it");
  }
  if (OCSP_check_validity(from, until, kClockSkew, -1) != 1) {
    ERR_clear_error();
    warnings.push_back(file.string() + ": the OCSP response is out of date and is not sent; ask the CA again");
    return Staple{};
  }
  Staple staple;
  staple.der = *std::move(text);
  if (until != nullptr) staple.until = time_point(until);
  return staple;
}

}  // namespace truemirror
