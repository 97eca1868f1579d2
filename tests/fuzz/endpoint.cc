// Endpoint names from any routes and targets: few, printable, and what a name has become is a name that stays.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "diff/report/endpoint.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  constexpr std::size_t kMaxEndpoints = 20;
  FuzzInput input(data, size);
  std::vector<std::string> routes;
  for (unsigned left = input.byte() % 4; left > 0; --left) routes.emplace_back(input.part());
  EndpointNames names(routes, kMaxEndpoints);
  std::set<std::string> current;
  std::vector<std::string> given;
  while (!input.empty()) {
    const std::string_view target = input.part();
    given.push_back(names.name(given.size() % 3 == 0 ? "POST" : "GET", target));
    require(!given.back().empty(), "every request has an endpoint");
    require(std::all_of(given.back().begin(), given.back().end(), [](char c) { return c >= ' ' && c <= '~'; }),
            "names are printable ASCII");
  }
  for (const std::string& name : given) {
    const std::string now = names.current(name);
    require(names.current(now) == now, "what a name has become stays");
    current.insert(now);
  }
  require(current.size() <= kMaxEndpoints + 1, "endpoints stay few");
  return 0;
}
