// Fingerprints are taken of a flat copy of the fields, each with its length, in one XXH3 call.
#include "diff/report/report_row.h"

#include <xxhash.h>

#include <bit>
#include <random>

namespace truemirror {
namespace {

void append_number(std::string& buffer, std::uint64_t value) {
  buffer.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_text(std::string& buffer, std::string_view text) {
  append_number(buffer, text.size());
  buffer += text;
}

void append_headers(std::string& buffer, const Headers& headers) {
  append_number(buffer, headers.size());
  for (const HeaderField field : headers) {
    append_text(buffer, field.name);
    append_text(buffer, field.value);
  }
}

void append_body(std::string& buffer, const Body& body) {
  append_text(buffer, body.bytes);
  append_number(buffer, body.length);
  append_number(buffer, body.hash ? 1 : 0);
  append_number(buffer, body.hash.value_or(0));
}

void append_response(std::string& buffer, const Response& response) {
  append_number(buffer, static_cast<std::uint64_t>(response.status));
  append_text(buffer, response.reason);
  append_headers(buffer, response.headers);
  append_body(buffer, response.body);
  append_headers(buffer, response.trailers);
  append_number(buffer, static_cast<std::uint64_t>(response.error));
  append_text(buffer, response.error_detail);
  for (const Nanoseconds at : {response.timing.start, response.timing.first_byte, response.timing.last_byte}) {
    append_number(buffer, static_cast<std::uint64_t>(at.count()));
  }
}

void append_value(std::string& buffer, const std::optional<std::string>& value) {
  append_number(buffer, value ? 1 : 0);
  append_text(buffer, value ? std::string_view(*value) : std::string_view());
}

void append_divergence(std::string& buffer, const Divergence& divergence) {
  for (const auto* text : {&divergence.location, &divergence.generalized, &divergence.transition,
                           &divergence.from_class, &divergence.to_class}) {
    append_text(buffer, *text);
  }
  append_value(buffer, divergence.stable);
  append_value(buffer, divergence.arm);
  append_number(buffer, static_cast<std::uint64_t>(divergence.kind));
  append_number(buffer, static_cast<std::uint64_t>(divergence.disposition));
  append_number(buffer, static_cast<std::uint64_t>(divergence.rule));
  append_number(buffer, divergence.approximate ? 1 : 0);
  append_number(buffer, divergence.repeated);
}

std::uint64_t process_seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
  }();
  return seed;
}

}  // namespace

RowFingerprint RowFingerprint::of(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), process_seed());
  return {hash.low64, hash.high64};
}

void append_example(std::string& buffer, const Example& example) {
  append_number(buffer, example.sequence);
  append_text(buffer, example.request.method);
  append_text(buffer, example.request.target);
  append_headers(buffer, example.request.headers);
  append_body(buffer, example.request.body);
  append_response(buffer, example.stable);
  append_response(buffer, example.candidate);
  append_number(buffer, example.control ? 1 : 0);
  if (example.control) append_response(buffer, *example.control);
  for (const Divergence& divergence : example.divergences) append_divergence(buffer, divergence);
}

void ReportRow::append_to(std::string& buffer) const {
  for (const Field& field : fields_) {
    append_number(buffer, field.index());
    if (const auto* number = std::get_if<std::int64_t>(&field))
      append_number(buffer, static_cast<std::uint64_t>(*number));
    if (const auto* real = std::get_if<double>(&field)) append_number(buffer, std::bit_cast<std::uint64_t>(*real));
    if (const auto* text = std::get_if<std::string_view>(&field)) append_text(buffer, *text);
    if (const auto* blob = std::get_if<Blob>(&field)) append_text(buffer, blob->bytes);
  }
}

bool ReportRow::execute(SqliteStatement& statement) const {
  for (const Field& field : fields_) {
    if (const auto* number = std::get_if<std::int64_t>(&field)) {
      statement.add(*number);
    } else if (const auto* real = std::get_if<double>(&field)) {
      statement.add(*real);
    } else if (const auto* text = std::get_if<std::string_view>(&field)) {
      statement.add(*text);
    } else if (const auto* blob = std::get_if<Blob>(&field)) {
      statement.add_blob(blob->bytes);
    } else {
      statement.add_null();
    }
  }
  return statement.execute();
}

}  // namespace truemirror
