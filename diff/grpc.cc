#include "diff/grpc.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "diff/align.h"
#include "diff/decode.h"
#include "diff/protobuf.h"
#include "diff/text.h"
#include "proxy/http/headers.h"

namespace truemirror {
namespace {

constexpr std::size_t kFrameHead = 5;
constexpr unsigned kCompressed = 0x01, kTrailers = 0x80;

std::vector<std::uint64_t> hashes(const GrpcBody& body) {
  std::vector<std::uint64_t> out;
  for (const std::string& message : body.messages) out.push_back(XXH3_64bits(message.data(), message.size()));
  return out;
}

bool is_json(std::string_view message) { return message.starts_with('{') || message.starts_with('['); }

// A message of JSON begins with a bracket, which is no tag that a message of protobuf is likely to begin with: 0x7B and
// 0x5B are fields 15 and 11 as groups.
void diff_messages(const std::string& stable, const std::string& arm, const ProtoMessage* type,
                   const JsonDocument::Limits& limits, Location& at, DivergenceSink& sink, std::size_t& budget) {
  if (is_json(stable) && is_json(arm)) return diff_embedded(stable, arm, limits, at, sink, budget);
  if (diff_protobuf(stable, arm, type, at, sink, budget)) return;
  add_bytes_divergence(sink, at, stable, arm);
}

std::map<std::string, std::string> trailer_fields(std::string_view text) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (colon > 0) out.emplace(ascii_lower(line.substr(0, colon)), value);
  }
  return out;
}

void diff_trailer_fields(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink) {
  if (stable == arm) return;
  const auto a = trailer_fields(stable), b = trailer_fields(arm);
  const auto field = [&](const std::string& name, std::optional<std::string_view> from,
                         std::optional<std::string_view> to) {
    at.push_name(name);
    add_text_divergence(sink, at, from, to);
    at.pop();
  };
  at.push_name("trailers");
  for (const auto& [name, value] : a) {
    const auto other = b.find(name);
    if (other == b.end()) {
      field(name, value, std::nullopt);
    } else if (other->second != value) {
      field(name, value, other->second);
    }
  }
  for (const auto& [name, value] : b) {
    if (!a.contains(name)) field(name, std::nullopt, value);
  }
  at.pop();
}

}  // namespace

std::optional<GrpcBody> GrpcBody::parse(std::string_view body, std::string_view coding, std::size_t max_bytes) {
  GrpcBody out;
  while (!body.empty()) {
    if (body.size() < kFrameHead) return std::nullopt;
    const auto flags = static_cast<unsigned char>(body.front());
    std::size_t size = 0;
    for (std::size_t byte = 1; byte < kFrameHead; ++byte) size = size << 8 | static_cast<unsigned char>(body[byte]);
    body.remove_prefix(kFrameHead);
    if (size > body.size() || (flags & ~(kCompressed | kTrailers)) != 0) return std::nullopt;
    std::string message(body.substr(0, size));
    body.remove_prefix(size);
    if ((flags & kCompressed) != 0) {
      if (auto plain = decode(message, {coding}, max_bytes)) {
        message = std::move(*plain);
        max_bytes -= message.size();
      }
    }
    if ((flags & kTrailers) != 0) {
      out.trailers = std::move(message);
    } else {
      out.messages.push_back(std::move(message));
    }
  }
  return out;
}

void diff_grpc(const GrpcBody& stable, const GrpcBody& arm, const ProtoMessage* type,
               const JsonDocument::Limits& limits, Location& at, DivergenceSink& sink, std::size_t& budget) {
  const auto similar = [](std::uint32_t, std::uint32_t) { return std::uint32_t{1}; };
  const Alignment found = align(hashes(stable), hashes(arm), similar, budget);
  const bool before = sink.approximate;
  sink.approximate |= found.approximate;
  for (const AlignedPair& row : found.pairs) {
    const bool has_stable = row.stable != AlignedPair::kNone, has_arm = row.arm != AlignedPair::kNone;
    at.push_index((has_stable ? row.stable : row.arm) + std::size_t{1});
    if (has_stable && has_arm) {
      const std::string &from = stable.messages[row.stable], &to = arm.messages[row.arm];
      if (from != to) diff_messages(from, to, type, limits, at, sink, budget);
    } else {
      const std::string& message = has_stable ? stable.messages[row.stable] : arm.messages[row.arm];
      sink.add(at, has_stable ? Kind::missing : Kind::added, "message", [&](Divergence& d) {
        ShownValue shown{R"({"length":)" + std::to_string(message.size()) + "}", "message"};
        if (has_stable) return show(d, std::move(shown), std::nullopt);
        show(d, std::nullopt, std::move(shown));
      });
    }
    at.pop();
  }
  sink.approximate = before;
  diff_trailer_fields(stable.trailers, arm.trailers, at, sink);
}

}  // namespace truemirror
