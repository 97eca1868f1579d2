#include "traffic.h"

#include <algorithm>
#include <cmath>

namespace truemirror::proof {
namespace {

struct Endpoint {
  const char* name;
  double share, median;  // of pairs; seconds
};
constexpr std::array<Endpoint, Traffic::kEndpoints> kServed{
    {{"GET /orders/{id}", 0.6, 0.020}, {"GET /accounts/{id}/orders", 0.3, 0.060}, {"GET /search", 0.1, 0.120}}};

constexpr double kShared = 0.30, kOwn = 0.35;            // σ of ln latency: of the request, and of each answer
constexpr double kTail = 0.01, kTailIndex = 1.5;         // answers with a Pareto tail on top, at most 100 times slower
constexpr double kErrors = 0.001, kOutageErrors = 0.30;  // of an instance; of each while a shared dependency is down
constexpr double kFailing = 0.8, kStale = 0.9;           // of answers of an instance in that trouble
constexpr double kSlowest = 1.2816;                      // the slowest tenth of a normal distribution

Divergence field(std::string location, Kind kind, std::string transition) {
  Divergence made;
  made.location = made.generalized = std::move(location);
  made.kind = kind;
  made.transition = std::move(transition);
  return made;
}

}  // namespace

Traffic::Traffic(const TrafficOptions& options, std::uint64_t seed)
    : options_(options),
      random_(seed),
      steady_{field("body/request_id", Kind::value, "uuid→uuid"), field("body/tags", Kind::reordered, "list"),
              field("body/eta", Kind::value, "epoch→epoch"), field("body/promo", Kind::missing, "text")},
      stale_(field("body/stock", Kind::value, "number→number")),
      wrong_(field("body/total", Kind::value, "number→number")),
      status_(field("status", Kind::status, "200→500")) {
  for (int i = 0; i < 30; ++i) {
    rare_.push_back(field("body/flags/f" + std::to_string(i), Kind::value, "bool→bool"));
  }
  for (Instance* each : {&stable_, &candidate_, &control_}) advance(*each, false);
  advance(dependency_, true);
}

// Draws the disturbance that follows the one before.
void Traffic::advance(Instance& instance, bool shared) {
  const double quiet = shared ? 60 : options_.undisturbed;
  instance.from = instance.until - quiet * std::log1p(-uniform_(random_));
  const double length =
      shared ? 2 * uniform_(random_) : options_.shortest + (options_.longest - options_.shortest) * uniform_(random_);
  instance.until = instance.from + length;
  instance.trouble = static_cast<Trouble>(1 + static_cast<int>(3 * uniform_(random_)));
}

void Traffic::answer(const Instance& instance, double seconds, Response& into) {
  const bool down = now_ >= dependency_.from;
  const bool troubled = options_.longest > 0 && now_ >= instance.from;
  double error = kErrors + (down ? kOutageErrors : 0);
  if (troubled && instance.trouble == Trouble::failing) error = kFailing;
  into.status = chance(error) ? 503 : 200;
  seconds *= std::exp(kOwn * normal_(random_));
  if (chance(kTail)) seconds *= std::min(100.0, std::pow(uniform_(random_), -1 / kTailIndex));
  if (troubled && instance.trouble == Trouble::pause) seconds += instance.until - now_;
  into.timing.last_byte = Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

void Traffic::flap(std::vector<Divergence>& divergences, const Instance& instance) {
  static constexpr std::array<double, 4> kRates{1, 0.5, 0.05, 0.003};
  for (std::size_t i = 0; options_.flapping && i < kRates.size(); ++i) {
    if (chance(kRates[i])) divergences.push_back(steady_[i]);
  }
  if (options_.flapping && chance(0.002)) {
    divergences.push_back(rare_[static_cast<std::size_t>(uniform_(random_) * static_cast<double>(rare_.size()))]);
  }
  if (options_.longest > 0 && now_ >= instance.from && instance.trouble == Trouble::stale && chance(kStale)) {
    divergences.push_back(stale_);
  }
}

void Traffic::next(Comparison& pair) {
  now_ -= std::log1p(-uniform_(random_)) / options_.pairs_per_second;
  for (Instance* each : {&stable_, &candidate_, &control_}) {
    while (now_ >= each->until) advance(*each, false);
  }
  while (now_ >= dependency_.until) advance(dependency_, true);

  double at = uniform_(random_);
  std::size_t endpoint = 0;
  while (endpoint + 1 < kServed.size() && at >= kServed[endpoint].share) at -= kServed[endpoint++].share;
  pair.sequence = ++sequence_;
  pair.at = WallTime(std::chrono::seconds(1'700'000'000)) + Nanoseconds(static_cast<std::int64_t>(now_ * 1e9));
  pair.endpoint = kServed[endpoint].name;

  const double seconds = kServed[endpoint].median * std::exp(kShared * normal_(random_));
  answer(stable_, seconds, pair.stable);
  answer(candidate_, seconds, pair.candidate);
  if (!pair.control) pair.control.emplace();
  answer(control_, seconds, *pair.control);

  const Regression& regression = options_.regression;
  const double slow = kServed[endpoint].median * std::exp(kSlowest * std::hypot(kShared, kOwn));
  const Nanoseconds took = pair.candidate.timing.last_byte;
  if (static_cast<double>(took.count()) > slow * 1e9) {
    pair.candidate.timing.last_byte =
        Nanoseconds(static_cast<std::int64_t>(static_cast<double>(took.count()) * regression.tail));
  }
  if (chance(regression.errors)) pair.candidate.status = 500;

  pair.candidate_divergences.clear();
  pair.control_divergences.clear();
  // Where the status differs, nothing else is compared (design.md §7.6).
  const auto differ = [&](const Response& arm, const Instance& instance, std::vector<Divergence>& divergences) {
    if (arm.status == pair.stable.status) return flap(divergences, instance);
    divergences.push_back(status_);
    divergences.back().transition = std::to_string(pair.stable.status) + "→" + std::to_string(arm.status);
  };
  differ(pair.candidate, candidate_, pair.candidate_divergences);
  differ(*pair.control, control_, pair.control_divergences);
  if (pair.candidate.status == pair.stable.status && chance(regression.divergence)) {
    pair.candidate_divergences.push_back(wrong_);
  }
}

}  // namespace truemirror::proof
