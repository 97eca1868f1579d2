#include "proxy/http/known_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace truemirror {
namespace {

using enum KnownHeader;

struct Known {
  std::string_view name;  // in lower case
  KnownHeader header = other;
  KnownHeader with_underscores = other;  // what it is where `_` stands for a `-`
};

constexpr Known kKnown[]{
    {},
    {"accept", accept},
    {"authorization", authorization},
    {"cache-control", cache_control},
    {"client-cert", client_identity, client_identity},
    {"client-cert-chain", client_identity, client_identity},
    {"x-client-subject", client_identity, client_identity},
    {"connection", connection},
    {"content-encoding", content_encoding},
    {"content-length", content_length, framing_for_cgi},
    {"content-range", content_range},
    {"content-type", content_type},
    {"cookie", cookie},
    {"date", date},
    {"expect", expect},
    {"forwarded", forwarded},
    {"host", host},
    {"http2-settings", http2_settings},
    {"keep-alive", keep_alive},
    {"max-forwards", max_forwards},
    {"proxy-connection", proxy_connection},
    {"set-cookie", set_cookie},
    {"te", te},
    {"trailer", trailer},
    {"transfer-encoding", transfer_encoding, framing_for_cgi},
    {"upgrade", upgrade},
    {"user-agent", user_agent},
    {"via", via},
    {"x-forwarded-for", x_forwarded_for},
    {"x-forwarded-host", x_forwarded_host},
    {"x-forwarded-proto", x_forwarded_proto},
    {"x-truemirror-mark", x_truemirror_mark},
    {"x-truemirror-passed", x_truemirror_passed},
};

// A perfect hash: where its constants no longer keep the names apart, other ones do.
constexpr std::size_t kSlots = 128;
constexpr std::size_t slot_of(std::string_view name) {
  const auto letter = [name](std::size_t at) { return static_cast<std::size_t>(name[at] & 0x1f); };
  return (name.size() + letter(0) * 4 + letter(name.size() - 2) * 20) % kSlots;
}

consteval std::array<std::uint8_t, kSlots> make_slots() {
  std::array<std::uint8_t, kSlots> slots{};
  for (std::uint8_t at = 1; at < std::size(kKnown); ++at) {
    std::uint8_t& slot = slots[slot_of(kKnown[at].name)];
    if (slot != 0) throw "two names share a slot";
    slot = at;
  }
  return slots;
}
constexpr std::array<std::uint8_t, kSlots> kSlot = make_slots();

// Of the bytes of a token this makes only letters lower-case letters, and only `-` and digits `-` and digits.
constexpr char kLower = 0x20;
constexpr std::uint64_t kLowerEight = 0x0101010101010101u * kLower;

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Both are of the same size.
bool is_in_any_case(std::string_view name, std::string_view known) {
  std::size_t at = 0;
  for (; at + 8 <= name.size(); at += 8) {
    if ((eight_bytes(name.data() + at) | kLowerEight) != eight_bytes(known.data() + at)) return false;
  }
  if (at > 0 && at < name.size()) {  // the rest lies within the last eight
    at = name.size() - 8;
    return (eight_bytes(name.data() + at) | kLowerEight) == eight_bytes(known.data() + at);
  }
  for (; at < name.size(); ++at) {
    if ((name[at] | kLower) != known[at]) return false;
  }
  return true;
}

bool is_with_underscores(std::string_view name, std::string_view known) {
  return std::equal(name.begin(), name.end(), known.begin(),
                    [](char byte, char wanted) { return (byte | kLower) == wanted || (byte == '_' && wanted == '-'); });
}

}  // namespace

KnownHeader known_header(std::string_view name) noexcept {
  if (name.size() < 2) return other;
  const Known& known = kKnown[kSlot[slot_of(name)]];
  if (known.name.size() != name.size()) return other;
  if (is_in_any_case(name, known.name)) return known.header;
  if (known.with_underscores == other) return other;
  return is_with_underscores(name, known.name) ? known.with_underscores : other;
}

}  // namespace truemirror
