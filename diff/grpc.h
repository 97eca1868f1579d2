// gRPC and gRPC-Web bodies: a row of messages, each after five bytes that say whether it is compressed and how long it
// is. Messages compare as protobuf (or as JSON, by the Content-Type), at `body/<n>/…` from 1; the trailers that
// gRPC-Web puts into the body by name, at `body/trailers/<name>`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/json.h"
#include "diff/location.h"
#include "diff/protobuf_types.h"
#include "diff/sink.h"

namespace truemirror {

struct GrpcBody {
  std::vector<std::string> messages;
  std::string trailers;

  // None: no row of messages. `coding` is that of grpc-encoding; what it inflates to is at most `max_bytes` in all, and
  // a message whose coding does not come off stands as it came.
  [[nodiscard]] static std::optional<GrpcBody> parse(std::string_view body, std::string_view coding,
                                                     std::size_t max_bytes);
};

// `type` may be null: then by field number.
void diff_grpc(const GrpcBody& stable, const GrpcBody& arm, const ProtoMessage* type,
               const JsonDocument::Limits& limits, Location& at, DivergenceSink& sink, std::size_t& budget);

}  // namespace truemirror
