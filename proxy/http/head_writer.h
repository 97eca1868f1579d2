// Writes the heads that are forwarded: fields are copied as whole lines of the received head, hop-by-hop ones left out,
// ours added. Sans-I/O; appends to a string that the caller reuses.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/exchange.h"
#include "proxy/http/head_scanner.h"
#include "proxy/http/pass_key.h"

namespace truemirror {

inline constexpr std::string_view kMarkHeader = "X-Truemirror-Mark";
inline constexpr std::string_view kPassedHeader = "X-Truemirror-Passed";

struct ForwardingFacts {
  std::string_view client_address;  // for X-Forwarded-For, without port
  std::string_view proto = "http";  // how the client came
  std::string_view authority;       // Host for clients that sent none (HTTP/1.0)
  std::string_view identity{};      // field lines about the client's certificate (client_identity.h)
  std::string_view pseudonym;       // ours in Via; empty: we add none, and those of others go on as they came
  const PassKey* passes = nullptr;  // signs X-Truemirror-Passed; null: there is none
  std::string_view upgrade;         // the protocols asked for: Upgrade; empty: none
  bool keep_mark = false;           // a valid shadow mark goes on; any other is removed
};

// Request line and end-to-end fields, X-Forwarded-*, Via, X-Truemirror-Passed, `TE: trailers` and Upgrade, without
// transfer framing and without the blank line. What follows is the caller's: `Transfer-Encoding: chunked` for stable,
// `Content-Length` for the arms; a received Content-Length is kept in its place.
void write_request_head(const RequestHead& head, const ForwardingFacts& facts, std::string& out);

// How the response's body reaches the client.
enum class ClientFraming : std::uint8_t { as_is, chunked, until_close };

struct ResponseFacts {
  ClientFraming framing = ClientFraming::as_is;
  bool close = false;           // Connection: close
  bool http10 = false;          // the client speaks HTTP/1.0: keep-alive has to be said
  std::string_view date;        // for a response that has none
  std::string_view pseudonym;   // as above
  bool offers_upgrade = false;  // 426: what to upgrade to goes on
};

// The whole head of a final response, blank line included.
void write_response_head(const ResponseHead& head, const ResponseFacts& facts, std::string& out);
// An interim (1xx) response, blank line included; 101 with its Upgrade.
void write_interim_head(const ResponseHead& head, std::string& out);

// A request made from values (replay): request line and fields, without the blank line. Fields that frame are left out.
void write_request_head(const Request& request, std::string& out);

// A response of the proxy's own: a short JSON body with a machine-readable reason.
[[nodiscard]] std::string error_response(int status, std::string_view reason, std::string_view detail, bool close,
                                         std::string_view date);

// IMF-fixdate (RFC 9110 §5.6.7).
[[nodiscard]] std::string http_date(WallTime at);

// Parses heads as kept in a sample into values. Empty method / status 0 where the bytes are no head.
[[nodiscard]] Request to_request(const RequestHead& head);
[[nodiscard]] Response to_response(const ResponseHead& head);

}  // namespace truemirror
