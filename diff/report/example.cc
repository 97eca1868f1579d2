#include "diff/report/example.h"

#include <algorithm>

#include "diff/report/signature.h"

namespace truemirror {
namespace {

constexpr std::size_t kMaxText = 1024, kMaxValue = 256;
constexpr std::string_view kCut = "…";

// At most `limit` bytes, not ending within a UTF-8 sequence.
std::string_view clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i) --end;
  return text.substr(0, end);
}

std::string cut_value(std::string value) {
  if (value.size() <= kMaxValue) return value;
  return std::string(clipped(value, kMaxValue - kCut.size())).append(kCut);
}

class Maker {
 public:
  Maker(const Redactor& redactor, const ExampleLimits& limits, bool bare)
      : redactor_(redactor), limits_(limits), bare_(bare) {}

  [[nodiscard]] Request request(const Request& raw) const {
    Request safe;
    safe.method = clipped(raw.method, 64);
    safe.target = clipped(redactor_.target(raw.target), kMaxText);
    safe.body.length = raw.body.length;
    message(raw.headers, raw.body, safe.headers, safe.body);
    return safe;
  }

  [[nodiscard]] Response response(const Response& raw) const {
    Response safe;
    safe.status = raw.status;
    safe.reason = clipped(raw.reason, 128);
    safe.error = raw.error;
    safe.error_detail = clipped(raw.error_detail, kMaxText);
    safe.timing = raw.timing;
    safe.body.length = raw.body.length;
    message(raw.headers, raw.body, safe.headers, safe.body);
    if (!bare_) safe.trailers = fields(raw.trailers);
    return safe;
  }

 private:
  void message(const Headers& raw_headers, const Body& raw_body, Headers& headers, Body& body) const {
    if (bare_) return;
    headers = fields(raw_headers);
    Redactor::SafeBody safe = redactor_.body(raw_headers, raw_body);
    if (safe.decoded) headers.remove("Content-Encoding");
    safe.body.bytes.resize(clipped(safe.body.bytes, limits_.body_bytes).size());
    safe.body.bytes.shrink_to_fit();
    body = std::move(safe.body);
  }

  // Whole fields from the front, as many as the limit holds.
  [[nodiscard]] Headers fields(const Headers& raw) const {
    Headers kept;
    std::size_t bytes = 0;
    for (const HeaderField field : redactor_.headers(raw)) {
      bytes += field.name.size() + field.value.size();
      if (bytes > limits_.body_bytes) break;
      kept.add(field.name, field.value);
    }
    return kept;
  }

  const Redactor& redactor_;
  const ExampleLimits& limits_;
  bool bare_;
};

std::size_t held_by(const Response& response) {
  return response.body.bytes.size() + response.headers.footprint() + response.trailers.footprint() + 256;
}

std::size_t held_by(const Example& example) {
  return sizeof(Example) + example.request.target.size() + example.request.headers.footprint() +
         example.request.body.bytes.size() + held_by(example.stable) + held_by(example.candidate) +
         (example.control ? held_by(*example.control) : 0);
}

}  // namespace

SharedExample make_example(const Comparison& comparison, const Redactor& redactor, const ExampleLimits& limits,
                           const ExampleBytes& held) {
  const Maker make(redactor, limits, held->load() >= limits.all_bytes);
  auto example = std::make_unique<Example>();
  example->sequence = comparison.sequence;
  example->request = make.request(comparison.request);
  example->stable = make.response(comparison.stable);
  example->candidate = make.response(comparison.candidate);
  if (comparison.control) example->control = make.response(*comparison.control);
  const std::size_t bytes = held_by(*example);
  *held += bytes;
  return {example.release(), [held, bytes](const Example* gone) {
            *held -= bytes;
            delete gone;
          }};
}

Divergence make_example_divergence(const Divergence& divergence, const Redactor& redactor) {
  Divergence safe = divergence;
  safe.location = clipped(redactor.target(divergence.location), kMaxText);
  safe.generalized = clipped(redactor.target(divergence.generalized), kMaxText);
  safe.transition = clipped(divergence.transition, kMaxText);
  if (divergence.stable) safe.stable = cut_value(redactor.value(divergence.location, *divergence.stable));
  if (divergence.arm) safe.arm = cut_value(redactor.value(divergence.location, *divergence.arm));
  return safe;
}

bool ExampleSet::wants(std::uint64_t sequence, BlockIndex burst) const {
  if (kept_.empty() || sequence < kept_.front().sequence) return true;
  const auto same = [sequence](const Kept& kept) { return kept.sequence == sequence; };
  if (std::any_of(kept_.begin(), kept_.end(), same)) return false;
  const std::uint64_t hash = sample_hash(sequence);
  const auto lower = [hash](const Kept& kept) { return kept.hash < hash; };
  if (static_cast<std::size_t>(std::count_if(kept_.begin(), kept_.end(), lower)) < kLowest) return true;
  // Latest: no kept sample is of a newer block, or of the same one and before this.
  return std::none_of(kept_.begin(), kept_.end(), [&](const Kept& kept) {
    return kept.burst > burst || (kept.burst == burst && kept.sequence < sequence);
  });
}

void ExampleSet::add(std::uint64_t sequence, BlockIndex burst, SharedExample sample, std::vector<Divergence> own) {
  if (!wants(sequence, burst)) return;
  kept_.push_back({sequence, sample_hash(sequence), burst, std::move(sample),
                   std::make_shared<const std::vector<Divergence>>(std::move(own))});
  prune();
}

void ExampleSet::absorb(const ExampleSet& other) {
  kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
  prune();
}

void ExampleSet::prune() {
  std::sort(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) { return a.sequence < b.sequence; });
  std::vector<std::uint64_t> hashes;
  for (const Kept& kept : kept_) hashes.push_back(kept.hash);
  std::sort(hashes.begin(), hashes.end());
  const std::uint64_t bound = hashes[std::min(kLowest, hashes.size()) - 1];
  const std::uint64_t first = kept_.front().sequence;
  // max_element keeps the first of equals: the earliest sample of the newest burst.
  const std::uint64_t latest = std::max_element(kept_.begin(), kept_.end(), [](const Kept& a, const Kept& b) {
                                 return a.burst < b.burst;
                               })->sequence;
  std::erase_if(
      kept_, [&](const Kept& kept) { return kept.hash > bound && kept.sequence != first && kept.sequence != latest; });
}

std::vector<Example> ExampleSet::examples() const {
  std::vector<Example> all;
  for (const Kept& kept : kept_) {
    all.push_back(*kept.sample);
    all.back().divergences = *kept.own;
  }
  return all;
}

}  // namespace truemirror
