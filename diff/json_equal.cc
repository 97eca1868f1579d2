#include "diff/json_equal.h"

#include "diff/decimal.h"
#include "diff/json_members.h"

namespace truemirror {
namespace {

// The members from `x` and `y` on, those before them being equal; here their keys differ. Both have as many: where one
// has each key once and the other has all of them, so has the other.
bool equal_in_another_order(JsonTree& a, std::uint32_t object, std::uint32_t x, JsonTree& b, std::uint32_t other,
                            std::uint32_t y) {
  if (a[object].count > kFewMembers || has_duplicates(a, object)) return a.hash(object) == b.hash(other);
  for (; x < a[object].end; x = a[x].end) {
    const std::uint32_t found = b.member(other, a.key(x), y);
    if (found == 0 || !equal(a, x, b, found)) return false;
    y = b[found].end;
  }
  return true;
}

}  // namespace

bool equal_scalars(const JsonTree& a, std::uint32_t x, const JsonTree& b, std::uint32_t y) {
  if (a[x].type != b[y].type) return false;
  return a[x].type == JsonType::number ? decimal_equal(a.text(x), b.text(y)) : a.text(x) == b.text(y);
}

bool equal(JsonTree& a, std::uint32_t x, JsonTree& b, std::uint32_t y) {
  const JsonNode &left = a[x], &right = b[y];
  if (left.type != right.type || left.flaws != right.flaws || left.count != right.count) return false;
  if (!left.is_container()) return equal_scalars(a, x, b, y);
  for (std::uint32_t i = x + 1, j = y + 1; i < left.end; i = a[i].end, j = b[j].end) {
    if (left.type == JsonType::object && a.key(i) != b.key(j)) return equal_in_another_order(a, x, i, b, y, j);
    if (!equal(a, i, b, j)) return false;
  }
  return true;
}

}  // namespace truemirror
