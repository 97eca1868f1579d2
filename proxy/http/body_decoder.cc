#include "proxy/http/body_decoder.h"

#include <algorithm>
#include <array>

namespace truemirror {
namespace {

// Fields that frame, route, authenticate or control a message have no place after it.
constexpr std::array<std::string_view, 16> kNotInTrailers{
    "transfer-encoding", "content-length", "host",   "connection",       "trailer",       "te",
    "upgrade",           "authorization",  "cookie", "set-cookie",       "cache-control", "content-encoding",
    "content-type",      "content-range",  "expect", "x-truemirror-mark"};

}  // namespace

struct BodyDecoder::Callbacks {
  static BodyDecoder& self(llhttp_t* parser) { return *static_cast<BodyDecoder*>(parser->data); }

  static int on_body(llhttp_t* parser, const char* at, std::size_t size) {
    self(parser).payload_->emplace_back(at, size);
    self(parser).received_ += size;
    return 0;
  }
  static int on_name(llhttp_t* parser, const char* at, std::size_t size) {
    std::string& name = self(parser).trailer_name_;
    name.append(at, size);
    return name.size() > kMaxTrailerBytes ? -1 : 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t size) {
    std::string& value = self(parser).trailer_value_;
    value.append(at, size);
    return value.size() > kMaxTrailerBytes ? -1 : 0;
  }
  static int on_value_complete(llhttp_t* parser) {
    self(parser).keep_trailer();
    return self(parser).failed_ ? -1 : 0;
  }
  static int on_message_complete(llhttp_t* parser) {
    self(parser).done_ = true;
    return HPE_PAUSED;
  }
  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t kSettings = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_body = on_body;
      s.on_header_field = on_name;
      s.on_header_value = on_value;
      s.on_header_value_complete = on_value_complete;
      s.on_message_complete = on_message_complete;
      return s;
    }();
    return kSettings;
  }
  // A parser that has read the head of a chunked message. Heads are the scanner's business.
  static llhttp_t primed() {
    constexpr std::string_view kHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    llhttp_settings_t silent;
    llhttp_settings_init(&silent);
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &silent);
    llhttp_execute(&parser, kHead.data(), kHead.size());
    parser.settings = const_cast<llhttp_settings_t*>(&settings());
    return parser;
  }
};

void BodyDecoder::start(Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = content_length;
  received_ = 0;
  overhead_ = 0;
  failed_ = false;
  done_ = framing == Framing::none || (framing == Framing::length && content_length == 0);
  if (!trailers_.empty())
    trailers_ = {};  // of the body before, whatever the framing of this: another client may have it
  if (framing != Framing::chunked) return;
  static const llhttp_t kPrimed = Callbacks::primed();
  parser_ = kPrimed;
  parser_.data = this;
  trailer_name_.clear();
  trailer_value_.clear();
}

std::size_t BodyDecoder::feed(std::string_view bytes, std::vector<std::string_view>& payload) {
  if (done_ || failed_ || bytes.empty()) return 0;
  if (framing_ == Framing::chunked) return feed_chunked(bytes, payload);
  const std::size_t taken = framing_ == Framing::length
                                ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                                : bytes.size();
  payload.push_back(bytes.substr(0, taken));
  received_ += taken;
  if (framing_ == Framing::length) done_ = (left_ -= taken) == 0;
  return taken;
}

std::size_t BodyDecoder::feed_chunked(std::string_view bytes, std::vector<std::string_view>& payload) {
  payload_ = &payload;
  const std::uint64_t before = received_;
  const llhttp_errno_t error = llhttp_execute(&parser_, bytes.data(), bytes.size());
  payload_ = nullptr;
  std::size_t consumed = bytes.size();
  if (error == HPE_PAUSED && done_) {
    consumed = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - bytes.data());
  } else if (error != HPE_OK) {
    failed_ = true;
    return 0;
  }
  const std::uint64_t payload_bytes = received_ - before;
  overhead_ += consumed - static_cast<std::size_t>(payload_bytes);
  overhead_ -= static_cast<std::size_t>(std::min<std::uint64_t>(overhead_, payload_bytes * 8));
  failed_ = failed_ || overhead_ > kMaxOverheadBytes;
  return consumed;
}

void BodyDecoder::keep_trailer() {
  while (!trailer_value_.empty() && (trailer_value_.back() == ' ' || trailer_value_.back() == '\t'))
    trailer_value_.pop_back();
  const bool well_formed = is_token(trailer_name_) && is_field_value(trailer_value_);
  const bool allowed = std::none_of(kNotInTrailers.begin(), kNotInTrailers.end(),
                                    [&](std::string_view name) { return iequals(name, trailer_name_); });
  if (well_formed && allowed) trailers_.add(trailer_name_, trailer_value_);
  failed_ = failed_ || !well_formed || trailers_.footprint() > kMaxTrailerBytes;
  trailer_name_.clear();
  trailer_value_.clear();
}

bool BodyDecoder::finish() {
  if (framing_ == Framing::until_close && !failed_) done_ = true;
  return done_;
}

}  // namespace truemirror
