// What one exchange is worked on with: scanners, heads, decoders, texts and lists, and the block that stable's bytes
// are read into. Borrowed from its thread while a request flows and given back with its capacities, so that a request
// allocates nothing in the steady state and an idle connection holds none of it.
#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/head_scanner.h"
#include "proxy/live/body_framer.h"
#include "proxy/live/limits.h"
#include "proxy/live/read_buffer.h"

namespace truemirror {

[[nodiscard]] inline HeadLimits request_heads(const LiveLimits& limits) {
  return {
      .max_head_bytes = limits.head_bytes, .max_target_bytes = limits.target_bytes, .max_fields = limits.header_count};
}
[[nodiscard]] inline HeadLimits response_heads(const LiveLimits& limits) {
  return {.max_head_bytes = limits.response_head_bytes, .max_fields = limits.response_header_count};
}

struct Workspace {
  Workspace(BlockPool& blocks, const LiveLimits& limits)
      : request_scanner(request_heads(limits)), response_scanner(response_heads(limits)), from_stable(blocks) {}

  // Bytes of memory that the next exchange may use again.
  [[nodiscard]] std::size_t footprint() const {
    const auto of_head = [](const HeadBase& head) {
      return head.fields.capacity() * sizeof(FieldLine) + head.connection_options.capacity() * sizeof(std::string_view);
    };
    return of_head(request) + of_head(response) + response.repaired.capacity() + request_text.capacity() +
           response_text.capacity() +
           (request_payload.capacity() + response_payload.capacity()) * sizeof(std::string_view) +
           (to_stable.capacity() + to_client.capacity()) * sizeof(boost::asio::const_buffer);
  }

  HeadScanner request_scanner, response_scanner;
  RequestHead request;
  ResponseHead response;
  BodyDecoder request_body, response_body;
  BodyFramer request_framer, response_framer;
  std::string method;  // the head's spans die once more of the body is read
  std::string request_text, response_text;
  std::string max_forwards;  // the line that one of the request was changed to
  std::vector<std::string_view> request_payload, response_payload;
  std::vector<boost::asio::const_buffer> to_stable, to_client;
  ReadBuffer from_stable;
};

class WorkspacePool {
 public:
  WorkspacePool(BlockPool& blocks, const LiveLimits& limits) : blocks_(blocks), limits_(limits) {}

  [[nodiscard]] std::unique_ptr<Workspace> take() {
    if (free_.empty()) return std::make_unique<Workspace>(blocks_, limits_);
    std::unique_ptr<Workspace> space = std::move(free_.back());
    free_.pop_back();
    return space;
  }
  void give(std::unique_ptr<Workspace> space) {
    space->from_stable.release();
    // What an unusual head, or a block of tiny chunks, has made large must not stay for good.
    const bool usual = space->footprint() < kUsualBytes;
    if (usual && free_.size() < kMaxFree) free_.push_back(std::move(space));
  }

 private:
  static constexpr std::size_t kMaxFree = 256;
  static constexpr std::size_t kUsualBytes = 32u << 10;
  BlockPool& blocks_;
  LiveLimits limits_;
  std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace truemirror
