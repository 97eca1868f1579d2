// OpenSSL's objects as values with an owner, and what its errors mean. Shared by both sides of TLS.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace truemirror {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// OpenSSL forgets the session of a connection that ends without a goodbye, as SSL 3.0 had it. TLS has not since RFC
// 4346 §7.2.1, and looking for what to forget takes a lock that all threads share.
struct FreeSsl {
  void operator()(SSL* ssl) const {
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
  }
};

using UniqueSsl = std::unique_ptr<SSL, FreeSsl>;
using UniqueContext = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using UniqueSession = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;
using UniqueX509 = std::unique_ptr<X509, FreeWith<X509_free>>;
using UniqueKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using UniqueBio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

// A context for TLS 1.2 and 1.3 with the suites, groups and signature algorithms that Mozilla recommends as
// "intermediate" (without DHE: no client of today needs it, and it is the costliest), no compression, no renegotiation,
// no 0-RTT, and no buffers held by a connection that idles. Null where memory is short.
[[nodiscard]] UniqueContext make_tls_context(const SSL_METHOD* method);

// OpenSSL's newest error of this thread in words, and its queue emptied.
[[nodiscard]] std::string take_tls_error();

}  // namespace truemirror
