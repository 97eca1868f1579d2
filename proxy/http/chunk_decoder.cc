#include "proxy/http/chunk_decoder.h"

#include <algorithm>

#include "proxy/http/known_header.h"
#include "proxy/http/octets.h"

namespace truemirror {
namespace {

constexpr unsigned kMaxDigits = 15;  // sizes below 2^60

enum class InTrailers : std::uint8_t { kept, dropped, refused };

InTrailers judge(std::string_view name) {
  switch (known_header(name)) {
    // What reads framing and routing after a message reads another message than what does not.
    case KnownHeader::content_length:
    case KnownHeader::transfer_encoding:
    case KnownHeader::host:
      return InTrailers::refused;
    // Fields that authenticate or control a message have no place after it.
    case KnownHeader::connection:
    case KnownHeader::trailer:
    case KnownHeader::te:
    case KnownHeader::upgrade:
    case KnownHeader::authorization:
    case KnownHeader::cookie:
    case KnownHeader::set_cookie:
    case KnownHeader::expect:
    case KnownHeader::cache_control:
    case KnownHeader::content_encoding:
    case KnownHeader::content_type:
    case KnownHeader::content_range:
    case KnownHeader::x_truemirror_mark:
      return InTrailers::dropped;
    default:
      return InTrailers::kept;
  }
}

bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }
bool is_token_byte(char byte) { return is_token(std::string_view(&byte, 1)); }
bool is_text_byte(char byte) { return is_field_value(std::string_view(&byte, 1)); }

int hex_value(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

void ChunkDecoder::start() {
  state_ = State::first_digit;
  size_ = 0;
  digits_ = 0;
  overhead_ = 0;
  trailer_bytes_ = 0;
  line_.clear();
  if (!trailers_.empty()) trailers_ = {};
}

std::size_t ChunkDecoder::feed(std::string_view bytes, std::vector<std::string_view>& payload) {
  std::size_t at = 0;
  std::uint64_t payload_bytes = 0;
  while (at < bytes.size() && !done() && !failed()) {
    if (state_ == State::data) {
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size() - at));
      payload.push_back(bytes.substr(at, taken));
      payload_bytes += taken;
      at += taken;
      size_ -= taken;
      if (size_ == 0) state_ = State::data_end;
    } else if (state_ == State::trailer) {
      at += take_trailer_bytes(bytes.substr(at));
    } else {
      take_line_byte(bytes[at++]);
    }
  }
  overhead_ += at - static_cast<std::size_t>(payload_bytes);
  overhead_ -= static_cast<std::size_t>(std::min<std::uint64_t>(overhead_, payload_bytes * 8));
  if (overhead_ > kMaxOverheadBytes) fail();
  return at;
}

// chunk-size *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] ) CRLF, and the CRLF after a chunk's data
void ChunkDecoder::take_line_byte(char byte) {
  State next = State::failed;
  switch (state_) {
    case State::first_digit:
      if (hex_value(byte) >= 0) next = after_digit(byte);
      break;
    case State::digits:
      next = hex_value(byte) >= 0 ? after_digit(byte) : after_part(byte);
      break;
    case State::before_semicolon:
      if (is_blank(byte)) next = State::before_semicolon;
      if (byte == ';') next = State::before_name;
      break;
    case State::before_name:
      if (is_blank(byte)) next = State::before_name;
      if (is_token_byte(byte)) next = State::name;
      break;
    case State::name:
      next = is_token_byte(byte) ? State::name : byte == '=' ? State::before_value : after_part(byte);
      if (next == State::before_semicolon) next = State::after_name;
      break;
    case State::after_name:
      if (is_blank(byte)) next = State::after_name;
      if (byte == '=') next = State::before_value;
      if (byte == ';') next = State::before_name;
      break;
    case State::before_value:
      if (is_blank(byte)) next = State::before_value;
      if (byte == '"') next = State::quoted;
      if (is_token_byte(byte)) next = State::value;
      break;
    case State::value:
      next = is_token_byte(byte) ? State::value : after_part(byte);
      break;
    case State::quoted:
      if (is_text_byte(byte))
        next = byte == '"' ? State::after_quoted : byte == '\\' ? State::quoted_pair : State::quoted;
      break;
    case State::quoted_pair:
      if (is_text_byte(byte)) next = State::quoted;
      break;
    case State::after_quoted:
      next = after_part(byte);
      break;
    case State::line_feed:
      if (byte == '\n') next = size_ == 0 ? State::trailer : State::data;
      break;
    case State::data_end:
      if (byte == '\r') next = State::data_line_feed;
      break;
    case State::data_line_feed:
      if (byte == '\n') next = State::first_digit;
      break;
    case State::data:
    case State::trailer:
    case State::done:
    case State::failed:
      break;
  }
  state_ = next;
}

ChunkDecoder::State ChunkDecoder::after_digit(char byte) {
  if (state_ == State::first_digit) size_ = digits_ = 0;
  size_ = size_ * 16 + static_cast<std::uint64_t>(hex_value(byte));
  return ++digits_ > kMaxDigits ? State::failed : State::digits;
}

// What may follow a size or a part of an extension, other than its own bytes.
ChunkDecoder::State ChunkDecoder::after_part(char byte) {
  if (byte == '\r') return State::line_feed;
  if (byte == ';') return State::before_name;
  return is_blank(byte) ? State::before_semicolon : State::failed;
}

std::size_t ChunkDecoder::take_trailer_bytes(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, taken));
  trailer_bytes_ += taken;
  const std::size_t cr = line_.find('\r');
  const bool bare_cr = end == std::string_view::npos && cr != std::string::npos && cr + 1 < line_.size();
  if (trailer_bytes_ > kMaxTrailerBytes || bare_cr) {
    fail();
  } else if (end != std::string_view::npos) {
    end_trailer_line();
  }
  return taken;
}

void ChunkDecoder::end_trailer_line() {
  std::string_view line = line_;
  if (!line.ends_with("\r\n")) return fail();
  line.remove_suffix(2);
  if (line.empty()) {
    state_ = State::done;
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail();
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  if (!is_token(name) || !is_field_value(value)) return fail();
  const InTrailers place = judge(name);
  if (place == InTrailers::refused) return fail();
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if (place == InTrailers::kept) trailers_.add(name, value);
  line_.clear();
}

}  // namespace truemirror
