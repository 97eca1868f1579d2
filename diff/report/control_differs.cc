#include "diff/report/control_differs.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "diff/report/phrase.h"

namespace truemirror {
namespace {

constexpr std::uint64_t kFewestPairs = 20;  // of an endpoint: fewer say nothing of most
constexpr std::size_t kNamed = 3;           // differences that are named of an endpoint

// A difference of control's by where and what it is; its transitions together.
struct Place {
  std::string endpoint, location;
  Kind kind;
  bool operator<(const Place& other) const {
    return std::tie(endpoint, location, kind) < std::tie(other.endpoint, other.location, other.kind);
  }
};
struct Shown {
  std::uint64_t samples = 0, most = 0;  // of all transitions; of the one shown most often
  std::string change;                   // that one
};
using Places = std::map<Place, Shown>;

bool is_structural(const FindingReport& finding) {
  const std::string_view at = finding.location;
  switch (finding.kind) {
    case Kind::status:
    case Kind::type:
    case Kind::missing:
    case Kind::added:
    case Kind::malformed:
      return !at.starts_with("header/set-cookie") && !at.ends_with("/*");
    default:
      return false;
  }
}

Places places_of(const Report& report) {
  Places places;
  for (const FindingReport& finding : report.findings) {
    const std::uint64_t samples = finding.control_only + finding.both;
    if (finding.status == FindingStatus::accepted || finding.status == FindingStatus::hidden || samples == 0) continue;
    if (!is_structural(finding)) continue;
    Shown& shown = places[{finding.endpoint, finding.location, finding.kind}];
    // Inside of lists a sample may show several transitions of one place: these cannot be summed.
    const bool once = finding.location.find('*') == std::string::npos;
    shown.samples = once ? shown.samples + samples : std::max(shown.samples, samples);
    if (samples <= shown.most) continue;
    shown.most = samples;
    shown.change =
        finding.location == "status" ? "status " + finding.transition : finding.location + " " + phrase_change(finding);
  }
  return places;
}

// Whether control lacks the field about as often as stable does: no version of its own, but a field that comes and
// goes.
bool comes_and_goes(const Places& places, const Place& place, const Shown& shown) {
  if (place.kind != Kind::missing && place.kind != Kind::added) return false;
  const Kind opposite = place.kind == Kind::missing ? Kind::added : Kind::missing;
  const auto found = places.find({place.endpoint, place.location, opposite});
  return found != places.end() && 4 * found->second.samples >= shown.samples;
}

}  // namespace

std::map<std::string, std::string> where_control_differs(const Report& report, double share) {
  std::map<std::string, std::string> where;
  if (!report.calibrated || report.run.control == "stable") return where;
  std::map<std::string_view, std::uint64_t> pairs;
  for (const EndpointReport& endpoint : report.endpoints) pairs[endpoint.endpoint] = endpoint.pairs;
  std::map<std::string_view, std::size_t> named;
  const Places places = places_of(report);
  for (const auto& [place, shown] : places) {
    const std::uint64_t all = pairs[place.endpoint];
    const bool most = static_cast<double>(shown.samples) > share * static_cast<double>(all);
    if (all < kFewestPairs || !most || comes_and_goes(places, place, shown)) continue;
    std::string& text = where[place.endpoint];
    const std::size_t at = named[place.endpoint]++;
    if (at < kNamed) {
      text += (text.empty() ? "" : ", ") + shown.change + " in " + phrase_count(shown.samples) +
              (text.empty() ? " of " + phrase_count(all, "pair") : "");
    } else if (at == kNamed) {
      text += " and more";
    }
  }
  return where;
}

}  // namespace truemirror
