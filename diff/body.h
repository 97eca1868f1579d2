// One response body made ready for comparing, each step at most once however many arms it is compared with: codings
// off, charset to UTF-8, classified, parsed. Then the comparing itself, by media class.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "diff/classify.h"
#include "diff/decode.h"
#include "diff/json.h"
#include "diff/location.h"
#include "diff/markup.h"
#include "diff/protobuf_types.h"
#include "diff/sink.h"
#include "proxy/http/exchange.h"

namespace truemirror {

struct BodyLimits {
  std::size_t max_decoded_bytes;
  std::size_t align_budget;
  JsonDocument::Limits json;
  const ProtoMessage* protobuf = nullptr;  // what a protobuf or gRPC body holds; null: by field number
  std::size_t max_multipart_depth = 3;     // parts of parts; what lies deeper compares as bytes
};

class PreparedBody {
 public:
  // All must outlive it; JSON is parsed into `document`. Nothing is done before it is asked for.
  PreparedBody(const Response& response, const BodyLimits& limits, JsonDocument& document)
      : response_(response), limits_(limits), document_(document) {}

  // Why the codings do not come off; none where they do.
  [[nodiscard]] std::optional<CodingError> coding_error();
  // The decoded bytes, in UTF-8 where the body is text.
  [[nodiscard]] std::string_view text();
  [[nodiscard]] Media media();
  [[nodiscard]] const ContentType& content_type();
  // Null: not JSON.
  [[nodiscard]] const JsonDocument* json();
  // Null: neither XML nor HTML, or not to be read as such; then markup_flaw() says why.
  [[nodiscard]] const MarkupDocument* markup();
  [[nodiscard]] MarkupFlaw markup_flaw() const { return markup_flaw_; }
  [[nodiscard]] const BodyLimits& limits() const { return limits_; }
  [[nodiscard]] const Body& raw() const { return response_.body; }
  [[nodiscard]] const Headers& headers() const { return response_.headers; }

 private:
  void prepare();

  const Response& response_;
  const BodyLimits& limits_;
  JsonDocument& document_;
  bool prepared_ = false, parsed_ = false, is_json_ = false;
  std::optional<CodingError> coding_error_;
  std::string owned_;
  std::string_view text_;
  ContentType content_type_;
  Media media_ = Media::empty;
  MarkupDocument markup_;
  MarkupFlaw markup_flaw_ = MarkupFlaw::none;
};

// Adds what differs at `body` and below.
void diff_bodies(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, DivergenceSink& sink);

// The same for what is whole and stands elsewhere: a part of a multipart body.
void diff_contents(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, Location& at,
                   DivergenceSink& sink, std::size_t& budget);

}  // namespace truemirror
