// Where the walks put what differs. Keeps the list within its caps, by signature so that one flood (a list cut short)
// cannot drown the rest, asks the rules about each divergence, and tells what the default header rules hid. Lives for
// one arm of one comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "diff/comparison.h"
#include "diff/default_rules.h"
#include "diff/location.h"
#include "diff/rules.h"
#include "diff/value_class.h"

namespace truemirror {

class DivergenceSink {
 public:
  // `rules` may be null; it and `endpoint` must outlive the sink. Rules that have ended `at` that time do not count.
  DivergenceSink(const RuleSet* rules, std::string_view endpoint, std::size_t max_divergences, WallTime at = {});

  // The request that both responses answer, which must outlive the sink: ids that stable echoes from it have to be
  // echoed (diff/renaming.h).
  void answers(const Request& request) { request_ = &request; }
  // Puts what the default rules hide into the list as well, hidden, with rule_of_default().
  void list_defaults() { list_defaults_ = true; }
  [[nodiscard]] bool lists_defaults() const { return list_defaults_; }

  // Adds a divergence unless its signature or the list is full; only then is `fill(Divergence&)` called, to set the
  // values. Nothing is built for what is dropped.
  template <class Fill>
  void add(Location& at, Kind kind, std::string transition, Fill&& fill) {
    if (!begin(at, kind, std::move(transition))) return;
    std::forward<Fill>(fill)(list_.back());
    settle();
  }

  // A default rule hid what differs at this location.
  void hidden_by_default(std::size_t default_rule, Location& at, const std::optional<std::string>& stable,
                         const std::optional<std::string>& arm);
  void hidden_by_defaults(DefaultRules which) { defaults_hidden_ |= which; }
  [[nodiscard]] DefaultRules defaults_hidden() const { return defaults_hidden_; }

  // The rule in force that says how the array at this location aligns (`unordered` or `key`); null where none does.
  [[nodiscard]] const Rule* array_rule(const Location& at);

  // Divergences added while it is set are marked.
  bool approximate = false;

  // All that was added, with renamings folded. Once.
  [[nodiscard]] std::vector<Divergence> take();

 private:
  bool begin(Location& at, Kind kind, std::string transition);
  void settle();
  [[nodiscard]] std::int32_t covering_rule(const Divergence& divergence);
  void drop_repeated();
  const std::vector<std::uint32_t>& in_force();

  const RuleSet* rules_;
  const Request* request_ = nullptr;
  std::size_t searched_ = 0;  // bytes of the request
  bool list_defaults_ = false;
  DefaultRules defaults_hidden_ = 0;
  std::string_view endpoint_;
  WallTime at_;
  std::size_t max_open_, max_signature_;
  std::size_t open_ = 0, dropped_ = 0, bytes_ = 0;
  bool full_ = false;
  bool looked_up_ = false, shapes_arrays_ = false;
  std::vector<std::uint32_t> in_force_;  // indices of the rules of this endpoint, found when first needed
  std::vector<Divergence> list_;
  std::unordered_map<std::uint64_t, std::uint32_t> seen_;  // signature (open) or signature and rule (covered) → kept
  std::uint64_t signature_ = 0;                            // of the divergence being added
};

// Sets both values of a divergence, each absent where its text is null, with the classes beside them.
struct ShownValue {
  std::string json;
  std::string_view value_class;
};
void show(Divergence& divergence, std::optional<ShownValue> stable, std::optional<ShownValue> arm);
// The contents of a string (a header's value, a line of text) and its class.
[[nodiscard]] ShownValue shown_text(std::string_view text);
// The contents of a shown value: a string's own text, any other JSON as it is written.
[[nodiscard]] std::string shown_contents(const std::string& json);
// `uuid→text`
[[nodiscard]] std::string transition_of(std::string_view from, std::string_view to);

// A text that differs, is missing (`arm` absent) or was added (`stable` absent) at this location. Two JWTs differ in
// what they say (diff/jwt.h).
void add_text_divergence(DivergenceSink& sink, Location& at, std::optional<std::string_view> stable,
                         std::optional<std::string_view> arm);

// Bytes that only their length and the first different offset can tell about: kind `bytes`. `why` becomes the
// transition; empty: `length` where the lengths differ, else `content`.
void add_bytes_divergence(DivergenceSink& sink, Location& at, std::string_view stable, std::string_view arm,
                          std::string why = {});

}  // namespace truemirror
