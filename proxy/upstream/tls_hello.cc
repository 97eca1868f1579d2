#include "proxy/upstream/tls_hello.h"

namespace truemirror {

std::string_view client_hello() {
  static constexpr char kHello[] =
      "\x16\x03\x01\x00\x55"                                              // a record of a handshake
      "\x01\x00\x00\x51"                                                  // ClientHello
      "\x03\x03"                                                          // version
      "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"  // random, for nothing secret
      "\x70\x71\x72\x73\x74\x75\x76\x77\x78\x79\x7a\x7b\x7c\x7d\x7e\x7f"
      "\x00"                                                                      // no session
      "\x00\x10\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\x00\x9c\x00\x2f"  // suites
      "\x01\x00"                                                                  // no compression
      "\x00\x18"                                                                  // extensions:
      "\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"                                  // groups: x25519, P-256
      "\x00\x0d\x00\x0a\x00\x08\x04\x03\x08\x04\x04\x01\x05\x03";                 // signatures: ECDSA, RSA-PSS, RSA
  return {kHello, sizeof kHello - 1};
}

bool is_tls_record(std::string_view bytes) {
  return bytes.size() >= 2 && (bytes[0] == '\x15' || bytes[0] == '\x16') && bytes[1] == '\x03';
}

}  // namespace truemirror
