#include "diff/renaming.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "diff/sink.h"
#include "diff/value_class.h"

namespace truemirror {
namespace {

// Longer texts, and texts with more ids, are documents of their own; a request is searched for so many bytes in all.
constexpr std::size_t kLongestText = 4096, kMostIds = 32, kMostSearched = 8u << 20;

constexpr std::string_view kEcho = "echo", kInconsistent = "inconsistent";

bool is_id_class(std::string_view name) {
  return name == "uuid" || name == "ulid" || name == "hash" || name == "token";
}
bool is_id(std::string_view text) { return is_id_class(to_string(class_of_text(text))); }

constexpr bool in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// From `at` on, the end of the word.
std::size_t word_end(std::string_view text, std::size_t at) {
  while (at < text.size() && in_word(text[at])) ++at;
  return at;
}

// Two words as ids: as they are, or what follows an equal lead (`order-<uuid>`).
std::optional<IdPair> as_ids(std::string_view stable, std::string_view arm) {
  constexpr std::size_t kUuid = 36;
  if (stable.size() > kUuid && stable.size() == arm.size()) {
    const std::size_t lead = stable.size() - kUuid;
    const IdPair tails{stable.substr(lead), arm.substr(lead)};
    const bool uuids = class_of_text(tails.stable) == ValueClass::uuid && class_of_text(tails.arm) == ValueClass::uuid;
    if (uuids && stable.substr(0, lead) == arm.substr(0, lead)) return tails;
  }
  if (is_id(stable) && is_id(arm)) return IdPair{stable, arm};
  return std::nullopt;
}

// The ids in which two texts differ, word by word.
std::vector<IdPair> ids_within(std::string_view stable, std::string_view arm) {
  std::vector<IdPair> out;
  std::size_t a = 0, b = 0;
  for (;;) {
    std::size_t lead = 0;  // how far back the word began that both are in
    for (; a < stable.size() && b < arm.size() && stable[a] == arm[b]; ++a, ++b)
      lead = in_word(stable[a]) ? lead + 1 : 0;
    if (a == stable.size() && b == arm.size()) return out;
    const std::size_t end_a = word_end(stable, a), end_b = word_end(arm, b);
    const auto ids = as_ids(stable.substr(a - lead, end_a - a + lead), arm.substr(b - lead, end_b - b + lead));
    if (!ids || out.size() == kMostIds) return {};
    out.push_back(*ids);
    a = end_a;
    b = end_b;
  }
}

// What may hold ids: a value, of text on both sides.
bool may_be_ids(const Divergence& d) {
  if (d.kind != Kind::value || !d.stable || !d.arm || d.from_class == kEcho || d.to_class == kEcho) return false;
  const auto texts = [](std::string_view name) { return is_id_class(name) || name == "text" || name == "url"; };
  return texts(d.from_class) && texts(d.to_class) && d.stable->size() <= kLongestText && d.arm->size() <= kLongestText;
}

void set_transition(Divergence& d, std::string_view from, std::string_view to) {
  d.from_class = from;
  d.to_class = to;
  d.transition = transition_of(from, to);
}

bool holds(const Request& request, std::string_view id, std::size_t& searched) {
  const auto in = [&](std::string_view text) {
    searched += text.size();
    return text.find(id) != std::string_view::npos;
  };
  if (searched > kMostSearched) return false;
  if (in(request.target)) return true;
  for (const HeaderField field : request.headers) {
    // Each arm gets a span id of its own: only version and trace id are the same for all.
    const bool trace = iequals(field.name, "traceparent");
    if (in(trace ? field.value.substr(0, 35) : field.value)) return true;
  }
  return in(request.body.bytes);
}

// A divergence that may be a renaming, or several within one text.
struct Candidate {
  std::size_t at;  // in the list
  std::string stable, arm;
  std::vector<IdPair> pairs;  // views into the two

  [[nodiscard]] bool within_text() const { return pairs.size() > 1 || pairs.front().stable.size() < stable.size(); }
};

class Renamings {
 public:
  explicit Renamings(std::vector<Divergence>& list) : list_(list), folded_(list.size(), false) {}

  void look_at(const Candidate& candidate) {
    const std::vector<IdPair>& pairs = candidate.pairs;
    bool all_known = true;
    for (const IdPair& pair : pairs) {
      const auto known = arm_of_.find(pair.stable);
      all_known &= known != arm_of_.end();
      const auto taken = stable_of_.find(pair.arm);
      if (known != arm_of_.end() ? known->second.id != pair.arm : taken != stable_of_.end()) {
        Divergence& odd = list_[candidate.at];
        set_transition(odd, std::string(odd.from_class), kInconsistent);
        odd_.push_back(candidate.at);
        return;
      }
    }
    if (all_known) {
      folded_[candidate.at] = true;
      ++list_[arm_of_.find(pairs.front().stable)->second.kept_at].repeated;
      return;
    }
    for (const IdPair& pair : pairs) {
      arm_of_.try_emplace(pair.stable, Renamed{pair.arm, candidate.at});
      stable_of_.try_emplace(pair.arm, pair.stable);
    }
  }

  // Takes the folded ones out of the list; where the odd ones stand then.
  std::vector<std::size_t> finish() {
    std::vector<std::size_t> odd;
    std::sort(odd_.begin(), odd_.end());
    std::size_t kept = 0;
    for (std::size_t at = 0; at < list_.size(); ++at) {
      if (folded_[at]) continue;
      if (std::binary_search(odd_.begin(), odd_.end(), at)) odd.push_back(kept);
      if (kept != at) list_[kept] = std::move(list_[at]);
      ++kept;
    }
    list_.resize(kept);
    return odd;
  }

 private:
  struct Renamed {
    std::string_view id;
    std::size_t kept_at;
  };
  std::vector<Divergence>& list_;
  std::vector<bool> folded_;
  std::vector<std::size_t> odd_;
  std::unordered_map<std::string_view, Renamed> arm_of_;
  std::unordered_map<std::string_view, std::string_view> stable_of_;
};

}  // namespace

std::vector<IdPair> differing_ids(std::string_view stable, std::string_view arm) {
  std::vector<IdPair> out = ids_within(stable, arm);
  // A token may hold what separates words (base64 has `/`): then it is one id as a whole.
  if (out.empty() && stable != arm && is_id(stable) && is_id(arm)) out.push_back({stable, arm});
  return out;
}

bool mark_echo(Divergence& divergence, const Request& request, std::size_t& searched) {
  if (!may_be_ids(divergence)) return false;
  const std::string stable = shown_contents(*divergence.stable), arm = shown_contents(*divergence.arm);
  for (const IdPair& pair : differing_ids(stable, arm)) {
    const bool stable_echoes = holds(request, pair.stable, searched);
    if (!stable_echoes && !holds(request, pair.arm, searched)) continue;
    set_transition(divergence, stable_echoes ? kEcho : std::string(divergence.from_class),
                   stable_echoes ? std::string(divergence.to_class) : kEcho);
    return true;
  }
  return false;
}

std::vector<std::size_t> fold_renamings(std::vector<Divergence>& list) {
  std::vector<Candidate> candidates;
  for (std::size_t at = 0; at < list.size(); ++at) {
    const Divergence& d = list[at];
    if (d.disposition == Disposition::hidden || d.approximate || !may_be_ids(d)) continue;
    candidates.push_back({at, shown_contents(*d.stable), shown_contents(*d.arm), {}});
  }
  if (candidates.size() < 2) return {};
  std::vector<const Candidate*> order;  // pairs are views into the candidates, so these stay where they are
  for (Candidate& each : candidates) {
    each.pairs = differing_ids(each.stable, each.arm);
    if (!each.pairs.empty()) order.push_back(&each);
  }
  std::sort(order.begin(), order.end(), [&](const Candidate* a, const Candidate* b) {
    const bool a_within = a->within_text(), b_within = b->within_text();
    return std::tie(a_within, list[a->at].generalized, a->at) < std::tie(b_within, list[b->at].generalized, b->at);
  });
  Renamings renamings(list);
  for (const Candidate* candidate : order) renamings.look_at(*candidate);
  return renamings.finish();
}

}  // namespace truemirror
