// WARC/1.1 records (ISO 28500) as bytes, and exchanges as records: HTTP messages verbatim, everything else in named
// fields (FORMAT.md). Sans-I/O, linear in its input. Promise: whatever stands in a message, a record that is written
// reads back as one record; CR, LF and NUL in a field value become spaces (RFC 9110 §5.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/captured.h"

namespace truemirror {

// What redaction did to a message: its original framing where the stored one differs, and whether its body is kept
// back.
struct MessageNotes {
  std::string original;  // `content-length=51; content-encoding=gzip`
  bool withheld = false;
};

struct ExchangeNotes {
  MessageNotes request, stable, candidate, control;
  [[nodiscard]] MessageNotes& arm(Arm which) {
    return which == Arm::stable ? stable : which == Arm::candidate ? candidate : control;
  }
  [[nodiscard]] const MessageNotes& arm(Arm which) const {
    return which == Arm::stable ? stable : which == Arm::candidate ? candidate : control;
  }
};

struct WarcInfo {
  std::string filename, run, version, config_hash, redaction_hash;
  std::uint64_t segment = 1;
  WallTime at{};             // the clock anchor: this wall time …
  Nanoseconds monotonic{0};  // … was this on the monotonic clock
};

[[nodiscard]] std::string warcinfo_record(const WarcInfo& info);
// The request's record first, then those of the arms that are there.
[[nodiscard]] std::vector<std::string> exchange_records(const CapturedExchange& exchange, const ExchangeNotes& notes);

// One record. The block's view lives as long as the bytes that were parsed.
struct WarcRecord {
  Headers fields;
  std::string_view block;
  [[nodiscard]] std::string_view field(std::string_view name) const { return fields.get(name).value_or(""); }
};

// None unless `bytes` are exactly one record: a length that lies, a missing end or an odd field refuses it.
[[nodiscard]] std::optional<WarcRecord> parse_warc_record(std::string_view bytes);

// `<urn:truemirror:RUN:SEQUENCE:ROLE>`; roles are `request` and the names of the arms.
struct RecordId {
  std::string run;
  std::uint64_t sequence = 0;
  std::string role;
  [[nodiscard]] bool same_exchange(const RecordId& other) const {
    return sequence == other.sequence && run == other.run;
  }
};
[[nodiscard]] std::optional<RecordId> parse_record_id(std::string_view text);

// Fill the exchange from a `request` record, or a response from an arm's. False: the record does not say what it must.
[[nodiscard]] bool read_request(const WarcRecord& record, const RecordId& id, CapturedExchange& out);
[[nodiscard]] bool read_response(const WarcRecord& record, Response& out);

// RFC 3339 in UTC with nanoseconds: `2026-11-22T20:35:19.123456789Z`.
[[nodiscard]] std::string format_wall_time(WallTime at);
[[nodiscard]] std::optional<WallTime> parse_wall_time(std::string_view text);
// A run id as it may stand in file names and record ids: letters, digits, `.`, `_`, `-`; others become `-`.
[[nodiscard]] std::string clean_run_id(std::string_view run);

}  // namespace truemirror
