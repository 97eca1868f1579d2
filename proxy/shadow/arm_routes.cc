#include "proxy/shadow/arm_routes.h"

#include <algorithm>

#include "proxy/http/headers.h"
#include "proxy/sample/deciding_routes.h"

namespace truemirror {
namespace {

using Setting = std::pair<std::string, std::string>;

bool sets(const HeaderEdits& edits, std::string_view name) {
  return std::any_of(edits.set.begin(), edits.set.end(),
                     [&](const Setting& each) { return iequals(each.first, name); });
}

bool removes(const HeaderEdits& edits, std::string_view name) {
  return std::any_of(edits.remove.begin(), edits.remove.end(),
                     [&](const std::string& each) { return iequals(each, name); });
}

// A route that sets what it removes sets it.
bool leaves_out(const HeaderEdits& edits, std::string_view name) { return removes(edits, name) && !sets(edits, name); }

void add_edits(HeaderEdits& edits, const HeaderEdits& more) {
  std::erase_if(edits.set, [&](const Setting& each) { return leaves_out(more, each.first); });
  for (const Setting& each : more.set) {
    if (!sets(edits, each.first) && !leaves_out(edits, each.first)) edits.set.push_back(each);
  }
  edits.remove.insert(edits.remove.end(), more.remove.begin(), more.remove.end());
  edits.replace.insert(edits.replace.end(), more.replace.begin(), more.replace.end());
}

}  // namespace

const ArmRoute& ArmRoutes::of(std::string_view target) {
  deciding_.clear();
  std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
  for_each_deciding(routes_, readings_, target, [&](const ArmRoute* route) {
    timeout = std::min(timeout, route == nullptr ? timeout_ : route->timeout.value_or(timeout_));
    if (route == nullptr) return;
    const auto place = std::lower_bound(deciding_.begin(), deciding_.end(), route);
    if (place == deciding_.end() || *place != route) deciding_.insert(place, route);
  });
  if (deciding_.empty()) return none_;
  if (deciding_.size() == 1 && deciding_[0]->timeout.value_or(timeout_) == timeout) return *deciding_[0];
  several_ = *deciding_[0];
  several_.timeout = timeout;
  for (auto route = deciding_.begin() + 1; route != deciding_.end(); ++route) {
    add_edits(several_.candidate, (*route)->candidate);
    add_edits(several_.control, (*route)->control);
  }
  return several_;
}

}  // namespace truemirror
