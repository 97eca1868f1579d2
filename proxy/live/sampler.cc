#include "proxy/live/sampler.h"

#include <algorithm>

#include "proxy/http/exchange.h"
#include "proxy/sample/deciding_routes.h"

namespace truemirror {
namespace {

bool mirrors(const SamplingRoute* route, std::string_view method) {
  if (route == nullptr || route->methods.empty()) return is_safe_method(method);
  return std::find(route->methods.begin(), route->methods.end(), method) != route->methods.end();
}

}  // namespace

Sampler::Sampler(std::shared_ptr<const SamplingPlan> plan, const std::atomic<bool>& enabled, std::uint64_t seed)
    : plan_(std::move(plan)), enabled_(enabled), state_(seed * 0x9e3779b97f4a7c15ull + 0x2545f4914f6cdd1dull) {}

double Sampler::chance() {
  // xorshift64* (Vigna 2016): plenty for a coin, and a few cycles.
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return static_cast<double>((state_ * 0x2545f4914f6cdd1dull) >> 11) * 0x1.0p-53;
}

bool Sampler::choose(std::string_view method, std::string_view target) {
  if (!enabled_.load(std::memory_order_relaxed)) return false;
  double fraction = 1;
  bool allowed = true;
  for_each_deciding(plan_->routes, readings_, target, [&](const SamplingRoute* route) {
    allowed = allowed && mirrors(route, method);
    fraction = std::min(fraction, route == nullptr ? plan_->fraction : route->fraction.value_or(plan_->fraction));
  });
  return allowed && fraction > 0 && (fraction >= 1 || chance() < fraction);
}

}  // namespace truemirror
