#include "diff/protobuf.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "diff/align.h"
#include "diff/protobuf_value.h"

namespace truemirror {
namespace {

using Fields = std::vector<WireField>;
using Reading = ProtoShape::Reading;

constexpr int kDeepest = 32;  // each level is read again from its bytes, so the work is at most so many times the size

struct BothSides {
  Fields stable, arm;
};
using ByNumber = std::map<std::uint32_t, BothSides>;

std::uint64_t hash_of(const WireField& value) {
  return XXH3_64bits_withSeed(value.bytes.data(), value.bytes.size(), static_cast<std::uint64_t>(value.type));
}

// A message's first field, where that is a scalar given once: the key of a map's entry, and most often an id. 0: none.
std::uint64_t key_of(const WireField& value) {
  Fields fields;
  if (!read_message(value.bytes, fields)) return 0;
  const WireField* key = nullptr;
  for (const WireField& field : fields) {
    if (field.number != 1) continue;
    if (key != nullptr || field.type == WireType::group) return 0;
    key = &field;
  }
  return key == nullptr ? 0 : hash_of(*key) | 1;
}

// Zero, in whatever way it is written.
bool is_default(const WireField& value) {
  return value.type == WireType::bytes ? value.bytes.empty() : value.value == 0;
}

// Numbers may come one by one or packed, whatever the descriptor says (protobuf's encoding guide).
Fields unpacked(const Fields& values, const ProtoField& field) {
  const WireType type = wire_type(field.type);
  if (type == WireType::bytes || type == WireType::group) return values;
  Fields out;
  for (const WireField& value : values) {
    if (value.type != WireType::bytes) {
      out.push_back(value);
    } else if (!read_packed(value, type, out)) {
      return values;
    }
  }
  return out;
}

class ProtoWalk {
 public:
  ProtoWalk(Location& at, DivergenceSink& sink, std::size_t& budget) : at_(at), sink_(sink), budget_(budget) {}

  // False: a side is no message.
  bool messages(std::string_view stable, std::string_view arm, const ProtoMessage* type, int depth) {
    Fields a, b;
    if (!read_message(stable, a) || !read_message(arm, b)) return false;
    ByNumber by_number;
    for (const WireField& field : a) by_number[field.number].stable.push_back(field);
    for (const WireField& field : b) by_number[field.number].arm.push_back(field);
    for (auto& [number, sides] : by_number) {
      const ProtoField* field = nullptr;
      if (type != nullptr && type->fields.contains(number)) field = &type->fields.at(number);
      const std::string name = field != nullptr ? field->name : std::to_string(number);
      at_.push_name(name);
      one_field(sides, field, depth);
      at_.pop();
    }
    return true;
  }

 private:
  void one_field(BothSides& sides, const ProtoField* field, int depth) {
    if (field != nullptr && field->repeated) {
      sides = {unpacked(sides.stable, *field), unpacked(sides.arm, *field)};
    } else if (field != nullptr) {
      only_last(sides.stable, *field);
      only_last(sides.arm, *field);
    }
    if (same_bytes(sides)) return;
    const ProtoShape shape = shape_of(field, sides.stable, sides.arm);
    const bool list = field != nullptr ? field->repeated : std::max(sides.stable.size(), sides.arm.size()) > 1;
    if (list) return repeated(sides, shape, depth);
    pair(sides.stable.empty() ? nullptr : &sides.stable.front(), sides.arm.empty() ? nullptr : &sides.arm.front(),
         shape, depth);
  }

  static bool same_bytes(const BothSides& sides) {
    return std::equal(sides.stable.begin(), sides.stable.end(), sides.arm.begin(), sides.arm.end(),
                      [](const WireField& x, const WireField& y) { return x.type == y.type && x.bytes == y.bytes; });
  }

  // A field that is given more than once has its last value, and none where that is as good as absent.
  static void only_last(Fields& values, const ProtoField& field) {
    if (values.size() > 1) values.erase(values.begin(), values.end() - 1);
    if (!values.empty() && field.absent_is_default && is_default(values.back())) values.clear();
  }

  void pair(const WireField* x, const WireField* y, const ProtoShape& shape, int depth) {
    if (x == nullptr || y == nullptr) return one_sided(x, y, shape);
    if (x->type != y->type) {
      return sink_.add(at_, Kind::type, transition_of(to_string(x->type), to_string(y->type)), [&](Divergence& d) {
        const ProtoShape from = shape_of(nullptr, std::span(x, 1), {}), to = shape_of(nullptr, std::span(y, 1), {});
        show(d, shown(*x, from), shown(*y, to));
      });
    }
    if (x->bytes == y->bytes || (shape.reading == Reading::number && x->value == y->value)) return;
    if (shape.reading == Reading::message && depth < kDeepest &&
        messages(x->bytes, y->bytes, shape.message(), depth + 1)) {
      return;
    }
    if (shape.reading == Reading::message || shape.reading == Reading::bytes) {
      return add_bytes_divergence(sink_, at_, x->bytes, y->bytes);
    }
    if (shape.reading == Reading::text) return add_text_divergence(sink_, at_, x->bytes, y->bytes);
    const ShownValue from = shown(*x, shape), to = shown(*y, shape);
    if (from.json == to.json) return;  // one number written in two ways
    sink_.add(at_, Kind::value, transition_of(from.value_class, to.value_class),
              [&](Divergence& d) { show(d, from, to); });
  }

  void one_sided(const WireField* x, const WireField* y, const ProtoShape& shape) {
    const ShownValue value = shown(x != nullptr ? *x : *y, shape);
    sink_.add(at_, x != nullptr ? Kind::missing : Kind::added, std::string(value.value_class), [&](Divergence& d) {
      if (x != nullptr) return show(d, value, std::nullopt);
      show(d, std::nullopt, value);
    });
  }

  static ShownValue shown(const WireField& value, const ProtoShape& shape) {
    ShownValue out;
    out.json = proto_json(value, shape, kDeepest);
    out.value_class = proto_class(value, shape, out.json);
    return out;
  }

  void repeated(const BothSides& sides, const ProtoShape& shape, int depth) {
    const Fields &a = sides.stable, &b = sides.arm;
    const bool is_map = shape.message() != nullptr && shape.message()->is_map_entry;
    const Rule* rule = sink_.array_rule(at_);
    bool in_order = true;
    std::optional<Alignment> found;
    if (shape.reading == Reading::message) found = by_key(a, b, is_map, in_order);
    if (!found && (same_multiset(a, b) || (rule != nullptr && rule->action == RuleAction::unordered))) {
      found = as_multisets(a, b, in_order);
    }
    if (!found) found = align(hashes(a), hashes(b), likeness(a, b), budget_);
    if (!in_order && !is_map) {
      sink_.add(at_, Kind::reordered, "order", [&](Divergence& d) { show(d, listed(a, shape), listed(b, shape)); });
    }
    const bool before = sink_.approximate;
    sink_.approximate |= found->approximate;
    for (const AlignedPair& row : found->pairs) {
      const bool added = row.stable == AlignedPair::kNone;
      at_.push_index(added ? row.arm : row.stable);
      pair(added ? nullptr : &a[row.stable], row.arm == AlignedPair::kNone ? nullptr : &b[row.arm], shape, depth);
      at_.pop();
    }
    sink_.approximate = before;
  }

  static ShownValue listed(const Fields& values, const ProtoShape& shape) {
    std::string out;
    for (const WireField& value : values) out += (out.empty() ? "[" : ",") + proto_json(value, shape, kDeepest);
    return {out.empty() ? "[]" : out + "]", "array"};
  }

  static std::vector<std::uint64_t> hashes(const Fields& values) {
    std::vector<std::uint64_t> out;
    out.reserve(values.size());
    for (const WireField& value : values) out.push_back(hash_of(value));
    return out;
  }
  static bool same_multiset(const Fields& a, const Fields& b) {
    if (a.size() != b.size()) return false;
    std::vector<std::uint64_t> x = hashes(a), y = hashes(b);
    std::sort(x.begin(), x.end());
    std::sort(y.begin(), y.end());
    return x == y;
  }

  // By what stands at both ends of two messages or texts: what changed inside is still that element.
  static Similarity likeness(const Fields& a, const Fields& b) {
    return [&](std::uint32_t i, std::uint32_t j) -> std::uint32_t {
      const std::string_view x = a[i].bytes.substr(0, 64), y = b[j].bytes.substr(0, 64);
      const std::size_t shorter = std::min(x.size(), y.size());
      std::size_t head = 0, tail = 0;
      while (head < shorter && x[head] == y[head]) ++head;
      while (tail < shorter - head && x[x.size() - 1 - tail] == y[y.size() - 1 - tail]) ++tail;
      return 1 + static_cast<std::uint32_t>((head + tail) * 8 / std::max<std::size_t>(1, std::max(x.size(), y.size())));
    };
  }

  static std::optional<Alignment> by_key(const Fields& a, const Fields& b, bool is_map, bool& in_order) {
    std::vector<std::uint64_t> x, y;
    for (const WireField& value : a) x.push_back(key_of(value));
    for (const WireField& value : b) y.push_back(key_of(value));
    const auto unique = [](std::vector<std::uint64_t> keys) {
      std::sort(keys.begin(), keys.end());
      return (keys.empty() || keys.front() != 0) && std::adjacent_find(keys.begin(), keys.end()) == keys.end();
    };
    if (!unique(x) || !unique(y)) return std::nullopt;
    std::vector<std::uint64_t> sorted = y;
    std::sort(sorted.begin(), sorted.end());
    const auto shared = std::count_if(
        x.begin(), x.end(), [&](std::uint64_t key) { return std::binary_search(sorted.begin(), sorted.end(), key); });
    if (!is_map && static_cast<std::size_t>(shared) * 2 < std::min(x.size(), y.size())) return std::nullopt;
    return matched(x, y, in_order);
  }
  static Alignment as_multisets(const Fields& a, const Fields& b, bool& in_order) {
    return matched(hashes(a), hashes(b), in_order);
  }

  // Pairs equal keys wherever they stand.
  static Alignment matched(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b, bool& in_order) {
    std::unordered_multimap<std::uint64_t, std::uint32_t> arm_with;
    for (std::size_t at = b.size(); at-- > 0;) arm_with.emplace(b[at], static_cast<std::uint32_t>(at));
    std::vector<bool> taken(b.size(), false);
    Alignment out;
    std::uint32_t last = 0;
    for (std::uint32_t at = 0; at < a.size(); ++at) {
      const auto found = arm_with.find(a[at]);
      out.pairs.push_back({at, found == arm_with.end() ? AlignedPair::kNone : found->second});
      if (found == arm_with.end()) continue;
      in_order &= found->second >= last;
      last = found->second;
      taken[last] = true;
      arm_with.erase(found);
    }
    for (std::uint32_t at = 0; at < b.size(); ++at) {
      if (!taken[at]) out.pairs.push_back({AlignedPair::kNone, at});
    }
    return out;
  }

  Location& at_;
  DivergenceSink& sink_;
  std::size_t& budget_;
};

}  // namespace

bool diff_protobuf(std::string_view stable, std::string_view arm, const ProtoMessage* type, Location& at,
                   DivergenceSink& sink, std::size_t& budget) {
  return ProtoWalk(at, sink, budget).messages(stable, arm, type, 0);
}

}  // namespace truemirror
