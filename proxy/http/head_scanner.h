// Reads a message head (start line and fields) out of a buffer, strictly as RFC 9112 §3 to §6 has it, and decides how
// the body is framed. Sans-I/O; views point into the caller's buffer and live as long as its bytes stay where they are.
// Refuses what two parsers could read differently: bare CR or LF, obs-fold, space before a colon, control bytes,
// repeated or signed lengths, a length beside chunked, a missing or doubled Host. Of a response what RFC 9112 has a
// proxy mend is mended first (response_repair.h). llhttp reads the same fields as a second opinion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/headers.h"
#include "proxy/http/known_header.h"
#include "proxy/http/octets.h"

namespace truemirror {

struct HeadLimits {
  std::size_t max_head_bytes = 32u << 10;  // start line and fields together
  std::size_t max_target_bytes = 8u << 10;
  std::size_t max_fields = 128;
};

inline constexpr HeadLimits kResponseHeadLimits{.max_fields = 256};

enum class HeadError : std::uint8_t {
  none,
  bad_start_line,
  bad_version,     // not HTTP/1.0 or HTTP/1.1
  unknown_method,  // longer than any
  bad_target,
  target_too_long,
  head_too_large,
  too_many_fields,
  bad_field,        // name no token, control byte in the value, obs-fold, bare CR or LF
  bad_host,         // missing, repeated or malformed
  bad_length,       // Content-Length repeated, listed, signed, padded with zeros, too large
  bad_coding,       // Transfer-Encoding beside Content-Length, in HTTP/1.0, or not ending in a single `chunked`
  unknown_coding,   // another transfer coding under a final `chunked`
  bad_connection,   // Connection names a field that framing or routing depends on
  bad_expectation,  // Expect asks for something other than 100-continue
  speaks_http2,     // HTTP/2's preface
  speaks_tls,       // a TLS record
  parsers_disagree  // llhttp reads the same bytes differently
};
// The status that answers it (400, 414, 417, 431, 501, 505) and a few words for people.
[[nodiscard]] int status_of(HeadError error);
[[nodiscard]] std::string_view to_string(HeadError error);

enum class Framing : std::uint8_t { none, length, chunked, until_close };

enum class ScanResult : std::uint8_t { complete, need_more, error };

// Fields as spans, with the whole line (CRLF included) beside them so that it can be forwarded as it is.
struct FieldLine {
  std::string_view name, value, line;
  KnownHeader known = KnownHeader::other;  // what `name` is, in any case
};

// Not to be copied or moved: where text had to be made, the views are of that.
struct HeadBase {
  HeadBase() = default;
  HeadBase(const HeadBase&) = delete;
  HeadBase& operator=(const HeadBase&) = delete;

  std::vector<FieldLine> fields;
  std::string_view field_block;  // all field lines, without the blank line
  std::size_t size = 0;          // bytes of the head, blank line included
  int minor_version = 1;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool has_content_length = false;
  bool keep_alive = true;             // by version and Connection
  bool has_upgrade_option = false;    // Connection: upgrade, in HTTP/1.1
  std::string_view keep_alive_terms;  // the value of Keep-Alive, as it came; empty where there is none

  [[nodiscard]] bool has(KnownHeader header) const { return known.has(header); }
  // The value of the first such field.
  [[nodiscard]] std::optional<std::string_view> get(KnownHeader header) const;
  // A hop-by-hop field (RFC 9110 §7.6.1), or one that Connection names: not forwarded.
  [[nodiscard]] bool is_hop_by_hop(const FieldLine& field) const;

  KnownHeaders known;  // of `fields`
  std::vector<std::string_view> connection_options;
};

struct RequestHead : HeadBase {
  std::string_view method;
  std::string_view target;  // as received
  std::string_view path;    // origin-form: what follows the authority of an absolute-form target
  std::string_view host;    // the authority of an absolute-form target, else of the Host field; empty where neither is
  std::string made_path;    // `path` where the target has a query and no path
  bool expect_continue = false;  // HTTP/1.1's alone: a 1.0 client's Expect is not forwarded
  bool te_trailers = false;      // the client takes trailers
};

struct ResponseHead : HeadBase {
  int status = 0;  // 100 to 999
  std::string_view reason;
  std::string repaired;  // what the views are of, where the head had to be mended
};

// Both are incremental: call with all bytes from the start of the message each time; nothing is kept between messages
// but allocations. On error, error() says why.
class HeadScanner {
 public:
  explicit HeadScanner(HeadLimits limits = {}) : limits_(limits) {}

  [[nodiscard]] ScanResult scan(std::string_view bytes, RequestHead& out);
  // `method` is the request's: it decides whether a body follows (RFC 9112 §6.3).
  [[nodiscard]] ScanResult scan(std::string_view bytes, ResponseHead& out, std::string_view method);
  [[nodiscard]] HeadError error() const { return error_; }
  // Forget how far the last message was looked at.
  void reset() { searched_ = 0, error_ = HeadError::none; }

 private:
  ScanResult find_end(std::string_view bytes, std::size_t start, std::size_t& end);
  ScanResult refuse_early(std::string_view head, std::size_t eol, std::size_t known, RequestHead& out);
  ScanResult find_response_end(std::string_view bytes, std::size_t& end);
  HeadError read_response(std::string_view head, ResponseHead& out) const;
  ScanResult fail(HeadError error);
  HeadError read_fields(std::string_view block, HeadBase& out) const;

  HeadLimits limits_;
  std::size_t searched_ = 0;
  HeadError error_ = HeadError::none;
};

// Walks a comma-separated list: calls `each` with every element, trimmed; empty elements are skipped.
template <class F>
void for_each_element(std::string_view list, F each) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    element = trim_blanks(element);
    if (!element.empty()) each(element);
  }
}

}  // namespace truemirror
