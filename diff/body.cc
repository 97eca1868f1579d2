#include "diff/body.h"

#include "diff/fields.h"
#include "diff/grpc.h"
#include "diff/json_diff.h"
#include "diff/markup_diff.h"
#include "diff/protobuf.h"
#include "diff/protobuf_wire.h"
#include "diff/text.h"

namespace truemirror {
namespace {

bool is_markup(Media media) { return media == Media::html || media == Media::xml; }

bool is_text(Media media) { return media != Media::binary && media != Media::protobuf && media != Media::grpc; }

// Bodies of which only the first bytes are at hand compare by length and by the hash of all their bytes. Where one side
// fits and the other does not, the lengths differ.
void diff_truncated(const Body& stable, const Body& arm, DivergenceSink& sink) {
  if (stable.length == arm.length && stable.hash == arm.hash) return;
  Location at("body");
  sink.add(at, Kind::bytes, stable.length != arm.length ? "length" : "content", [&](Divergence& divergence) {
    divergence.stable = R"({"length":)" + std::to_string(stable.length) + R"(,"truncated":true})";
    divergence.arm = R"({"length":)" + std::to_string(arm.length) + R"(,"truncated":true})";
  });
}

// A coding that fails on one side only is the difference; where it fails alike, the coded bytes are all there is.
void diff_undecodable(PreparedBody& stable, PreparedBody& arm, Location& at, DivergenceSink& sink) {
  const auto from = stable.coding_error(), to = arm.coding_error();
  if (from == to) return add_bytes_divergence(sink, at, stable.raw().bytes, arm.raw().bytes);
  const std::string why = to ? std::string(to_string(*to)) : "was_" + std::string(to_string(*from));
  sink.add(at, Kind::malformed, why, [&](Divergence& divergence) {
    divergence.stable = R"({"length":)" + std::to_string(stable.raw().length) + "}";
    divergence.arm = R"({"length":)" + std::to_string(arm.raw().length) + "}";
  });
}

// The class as it turned out: what calls itself JSON and is none has no class of its own.
std::string_view media_name(PreparedBody& body) {
  if (body.media() == Media::json && body.json() == nullptr) return "not_json";
  if (is_markup(body.media()) && body.markup() == nullptr) {
    switch (body.markup_flaw()) {
      case MarkupFlaw::too_deep:
        return "too_deep";
      case MarkupFlaw::too_large:
        return "too_large";
      case MarkupFlaw::entities:
        return "entities";
      case MarkupFlaw::none:
      case MarkupFlaw::malformed:
        return body.media() == Media::xml ? "not_xml" : "not_html";
    }
  }
  std::vector<WireField> fields;
  if (body.media() == Media::protobuf && !read_message(body.text(), fields)) return "not_protobuf";
  if (body.media() == Media::grpc && !GrpcBody::parse(body.text(), "", 0)) return "not_grpc";
  if (body.media() == Media::ndjson && !is_ndjson(body.text(), body.limits().json)) return "not_ndjson";
  return to_string(body.media());
}

bool claims_json(const PreparedBody& body, const ContentType& type) {
  return body.headers().has("content-type") && !(type.type.size() > 5 && iequals(type.type.substr(0, 5), "text/"));
}

// Bodies of two classes, or of one that at least one side only pretends to be of.
void diff_unlike(PreparedBody& stable, PreparedBody& arm, Location& at, std::size_t& budget, DivergenceSink& sink) {
  const bool claimed = claims_json(stable, stable.content_type()) || claims_json(arm, arm.content_type());
  if (stable.media() == Media::json && arm.media() == Media::json && !claimed) {
    return diff_lines(stable.text(), arm.text(), at, sink, budget);  // text that begins like JSON
  }
  add_bytes_divergence(sink, at, stable.text(), arm.text(), transition_of(media_name(stable), media_name(arm)));
}

// Where a side is not what it says, one divergence says why, and the lines say what.
void diff_markups(PreparedBody& stable, PreparedBody& arm, Location& at, DivergenceSink& sink, std::size_t& budget) {
  const MarkupDocument *a = stable.markup(), *b = arm.markup();
  if (a != nullptr && b != nullptr) return diff_markup(*a, *b, at, sink, budget);
  add_bytes_divergence(sink, at, stable.text(), arm.text(), transition_of(media_name(stable), media_name(arm)));
  diff_lines(stable.text(), arm.text(), at, sink, budget);
}

bool diff_grpc_bodies(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, Location& at,
                      std::size_t& budget, DivergenceSink& sink) {
  const auto parsed = [&](PreparedBody& body) {
    return GrpcBody::parse(body.text(), body.headers().get("grpc-encoding").value_or(""), limits.max_decoded_bytes);
  };
  const auto a = parsed(stable), b = parsed(arm);
  if (!a || !b) return false;
  diff_grpc(*a, *b, limits.protobuf, limits.json, at, sink, budget);
  return true;
}

// False, with nothing added: a side is not what it says.
bool diff_by_media(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, Location& at, std::size_t& budget,
                   DivergenceSink& sink) {
  switch (stable.media()) {
    case Media::json:
      if (stable.json() == nullptr || arm.json() == nullptr) return false;
      diff_json(*stable.json(), *arm.json(), at, sink, budget);
      return true;
    case Media::ndjson:
      return diff_ndjson(stable.text(), arm.text(), limits.json, at, sink, budget);
    case Media::form:
      diff_form(stable.text(), arm.text(), at, sink);
      return true;
    case Media::multipart:
      return diff_multipart(stable.text(), stable.content_type().boundary, arm.text(), arm.content_type().boundary,
                            limits, at, sink, budget);
    case Media::events:
      diff_events(stable.text(), arm.text(), limits.json, at, sink, budget);
      return true;
    case Media::html:
    case Media::xml:
      diff_markups(stable, arm, at, sink, budget);
      return true;
    case Media::text:
      diff_lines(stable.text(), arm.text(), at, sink, budget);
      return true;
    case Media::protobuf:
      return diff_protobuf(stable.text(), arm.text(), limits.protobuf, at, sink, budget);
    case Media::grpc:
      return diff_grpc_bodies(stable, arm, limits, at, budget, sink);
    case Media::empty:
    case Media::binary:
      add_bytes_divergence(sink, at, stable.text(), arm.text());
      return true;
  }
  return true;
}

}  // namespace

void PreparedBody::prepare() {
  if (prepared_) return;
  prepared_ = true;
  text_ = response_.body.bytes;
  const std::vector<std::string_view> codings = content_codings(response_.headers);
  if (!codings.empty() && !text_.empty()) {
    auto decoded = decode(text_, codings, limits_.max_decoded_bytes);
    if (decoded.has_error()) {
      coding_error_ = decoded.error();
      return;
    }
    owned_ = std::move(*decoded);
    text_ = owned_;
  }
  content_type_ = parse_content_type(response_.headers.get("content-type").value_or(""));
  media_ = classify(content_type_, text_);
  std::string_view charset = content_type_.charset;
  if (charset.empty() && is_markup(media_)) charset = declared_charset(media_, text_);
  if (is_text(media_) && needs_transcoding(text_, charset)) {
    owned_ = to_utf8(text_, charset);
    text_ = owned_;
    media_ = classify(content_type_, text_);
  }
}

std::optional<CodingError> PreparedBody::coding_error() {
  prepare();
  return coding_error_;
}

std::string_view PreparedBody::text() {
  prepare();
  return text_;
}

Media PreparedBody::media() {
  prepare();
  return media_;
}

const ContentType& PreparedBody::content_type() {
  prepare();
  return content_type_;
}

const JsonDocument* PreparedBody::json() {
  prepare();
  if (!parsed_) is_json_ = document_.parse(text_, limits_.json);
  parsed_ = true;
  return is_json_ ? &document_ : nullptr;
}

const MarkupDocument* PreparedBody::markup() {
  prepare();
  if (!is_markup(media_)) return nullptr;
  if (!parsed_) {
    markup_flaw_ = markup_.parse(text_, media_ == Media::html ? MarkupLanguage::html : MarkupLanguage::xml);
  }
  parsed_ = true;
  return markup_flaw_ == MarkupFlaw::none ? &markup_ : nullptr;
}

void diff_bodies(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, DivergenceSink& sink) {
  const Body &a = stable.raw(), &b = arm.raw();
  if (a.truncated() || b.truncated()) return diff_truncated(a, b, sink);
  if (a.bytes == b.bytes && content_codings(stable.headers()) == content_codings(arm.headers())) return;
  Location at("body");
  std::size_t budget = limits.align_budget;
  diff_contents(stable, arm, limits, at, sink, budget);
}

void diff_contents(PreparedBody& stable, PreparedBody& arm, const BodyLimits& limits, Location& at,
                   DivergenceSink& sink, std::size_t& budget) {
  if (stable.coding_error() || arm.coding_error()) return diff_undecodable(stable, arm, at, sink);
  if (stable.text() == arm.text()) return;
  // A message whose fields are all unset has no bytes.
  const auto is_message = [](PreparedBody& body) {
    return body.media() == Media::protobuf ||
           (body.media() == Media::empty && !body.headers().get("content-type").value_or("").empty());
  };
  if (stable.media() != arm.media() && is_message(stable) && is_message(arm) &&
      diff_protobuf(stable.text(), arm.text(), limits.protobuf, at, sink, budget)) {
    return;
  }
  const bool alike = stable.media() == arm.media();
  if (!alike || !diff_by_media(stable, arm, limits, at, budget, sink)) diff_unlike(stable, arm, at, budget, sink);
}

}  // namespace truemirror
