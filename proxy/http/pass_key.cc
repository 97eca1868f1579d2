#include "proxy/http/pass_key.h"

#include <algorithm>
#include <random>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

// In constant time: what differs first must not show.
bool is_same(const PassKey::Text& ours, std::string_view theirs) {
  if (theirs.size() != ours.size()) return false;
  unsigned difference = 0;
  for (std::size_t at = 0; at < ours.size(); ++at) difference |= static_cast<unsigned>(ours.at(at) ^ theirs[at]);
  return difference == 0;
}

}  // namespace

PassKey PassKey::random() {
  std::random_device device;
  const auto word = [&device] { return (static_cast<std::uint64_t>(device()) << 32) | device(); };
  return PassKey({word(), word()});
}

PassKey::Text PassKey::sign(std::string_view method, std::string_view target) const {
  SipHash hash(key_);
  hash.add(method);
  hash.add(target);
  std::uint64_t rest = hash.finish();
  Text text{};
  for (char& digit : text) {
    digit = "0123456789abcdef"[rest >> 60];
    rest <<= 4;
  }
  return text;
}

bool PassKey::has_passed(const RequestHead& head) const {
  if (!head.has(KnownHeader::x_truemirror_passed)) return false;
  const Text ours = sign(head.method, head.path);
  bool found = false;
  for (const FieldLine& field : head.fields) {
    if (field.known != KnownHeader::x_truemirror_passed) continue;
    for_each_element(field.value, [&](std::string_view theirs) { found = found || is_same(ours, theirs); });
  }
  return found;
}

}  // namespace truemirror
