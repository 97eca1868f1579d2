// Puts payload spans into the framing that the receiver reads: as they are, or as one chunk. Sans-I/O; the buffers made
// refer to the spans and to this object, and live until the next frame().
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/client_identity.h"
#include "proxy/http/headers.h"

namespace truemirror {

class BodyFramer {
 public:
  void start(bool chunked) { chunked_ = chunked; }

  // Appends the buffers for `payload`, and the end of the body (with `trailers`) where `last`.
  void frame(const std::vector<std::string_view>& payload, bool last, const Headers& trailers,
             std::vector<boost::asio::const_buffer>& out) {
    std::size_t bytes = 0;
    for (std::string_view span : payload) bytes += span.size();
    if (chunked_ && bytes > 0) {
      char* end = std::to_chars(size_line_.data(), size_line_.data() + 16, bytes, 16).ptr;
      *end++ = '\r';
      *end++ = '\n';
      out.emplace_back(size_line_.data(), static_cast<std::size_t>(end - size_line_.data()));
    }
    for (std::string_view span : payload) out.emplace_back(span.data(), span.size());
    if (!chunked_) return;
    if (bytes > 0) out.emplace_back("\r\n", 2);
    if (last) {
      end_ = "0\r\n";
      for (const HeaderField& field : trailers) {
        if (claims_identity(field.name)) continue;
        end_.append(field.name).append(": ").append(field.value).append("\r\n");
      }
      end_.append("\r\n");
      out.emplace_back(end_.data(), end_.size());
    }
  }

 private:
  bool chunked_ = false;
  std::array<char, 20> size_line_{};
  std::string end_;
};

}  // namespace truemirror
