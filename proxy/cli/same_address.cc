#include "proxy/cli/same_address.h"

#include <algorithm>

namespace truemirror {
namespace {

// As long as a start may wait for name servers.
constexpr std::chrono::milliseconds kPatience{1'000};
constexpr const char* kWhereMeant = "--allow-same-address (in the configuration: allow_same_address: true)";

std::string shown(const NamedUpstream& upstream) { return "--" + upstream.role + " " + upstream.text; }

const Destination* shared(const NamedUpstream& a, const NamedUpstream& b) {
  const auto found = std::find_first_of(a.at.begin(), a.at.end(), b.at.begin(), b.at.end());
  return found == a.at.end() ? nullptr : &*found;
}

std::string what_would_be_right(const NamedUpstream& a, const NamedUpstream& b, bool stable_as_control) {
  if (b.role != "control") {
    return "stable would be compared with itself. Name the candidate's own address, or say " +
           std::string(kWhereMeant) + " where that is meant";
  }
  const std::string why = a.role == "stable" ? "the control is to be a second instance of stable"
                                             : "what the candidate does would pass for noise";
  return why + ". Name the control's own address" +
         (stable_as_control ? ", have stable asked twice with --control stable," : ",") + " or say " + kWhereMeant +
         " where one address is meant";
}

// An upstream's address at which this very program listens.
const Destination* covered(const OwnPlace& own, const NamedUpstream& upstream,
                           const std::function<bool(const Destination&)>& is_local) {
  const std::string& host = own.at.host;
  const bool all = host.empty() || host == "*" || host == "0.0.0.0" || host == "::";
  const std::vector<Destination> at = destination_of(host == "localhost" ? "127.0.0.1" : host, own.at.port);
  for (const Destination& each : upstream.at) {
    if (own.at.port == 0 || each.port != own.at.port) continue;
    if (all ? is_local(each) : std::find(at.begin(), at.end(), each) != at.end()) return &each;
  }
  return nullptr;
}

Result<void> check(std::vector<NamedUpstream> upstreams, const std::vector<UpstreamUrl>& urls,
                   const std::vector<OwnPlace>& own, bool stable_as_control) {
  const std::vector<std::vector<Destination>> found = destinations(urls, kPatience);
  for (std::size_t at = 0; at < upstreams.size(); ++at) upstreams[at].at = found[at];
  if (auto problem = same_address(upstreams, own, is_local, stable_as_control)) return *std::move(problem);
  return {};
}

// Collects upstreams and their URLs side by side.
struct Upstreams {
  std::vector<NamedUpstream> named;
  std::vector<UpstreamUrl> urls;
  void add(const char* role, const UpstreamUrl& url) {
    if (url.text.empty()) return;  // `check` of a file to which flags will add it
    named.push_back({role, url.text, {}});
    urls.push_back(url);
  }
};

}  // namespace

std::optional<Problem> same_address(const std::vector<NamedUpstream>& upstreams, const std::vector<OwnPlace>& own,
                                    const std::function<bool(const Destination&)>& is_local, bool stable_as_control) {
  for (std::size_t second = 0; second < upstreams.size(); ++second) {
    const NamedUpstream& b = upstreams[second];
    for (std::size_t first = 0; first < second; ++first) {
      const NamedUpstream& a = upstreams[first];
      if (const Destination* at = shared(a, b)) {
        return Problem{shown(a) + " and " + shown(b) + " are one and the same: both are " + to_string(*at) + ", and " +
                       what_would_be_right(a, b, stable_as_control)};
      }
    }
    for (const OwnPlace& place : own) {
      if (const Destination* at = covered(place, b, is_local)) {
        return Problem{shown(b) + " is this truemirror itself: both it and " + place.name + " " + to_string(place.at) +
                       " are " + to_string(*at) + ", and requests would go in a circle. Name the address of the " +
                       b.role + " itself, or say " + kWhereMeant + " where that is meant"};
      }
    }
  }
  return std::nullopt;
}

Result<void> check_addresses(const ServeConfig& config) {
  if (config.allow_same_address) return {};
  Upstreams all;
  all.add("stable", config.stable);
  all.add("candidate", config.candidate);
  if (config.control) all.add("control", *config.control);
  std::vector<OwnPlace> own{{"--admin", config.admin.listen}};
  if (config.listen.http) own.insert(own.begin(), {"--listen", *config.listen.http});
  if (config.listen.https) own.insert(own.begin(), {"--https", *config.listen.https});
  return check(std::move(all.named), all.urls, own, true);
}

Result<void> check_addresses(const ReplayArguments& arguments) {
  if (arguments.allow_same_address) return {};
  Upstreams all;
  if (arguments.stable) all.add("stable", *arguments.stable);
  all.add("candidate", arguments.candidate);
  if (arguments.control) all.add("control", *arguments.control);
  return check(std::move(all.named), all.urls, {}, false);
}

}  // namespace truemirror
