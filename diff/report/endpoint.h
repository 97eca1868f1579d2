// Names endpoints: method and path template, `GET /orders/{id}` (design.md §9). In this order: the routes given;
// segments of a known type; a path node with more than 200 literal children collapses to `{var}`. At most 1,000 names,
// beyond them
// `(other)`; at most 20,000 path nodes. Takes targets that have passed redaction. Not thread-safe: its owner locks.
//
// A collapse in mid-run renames endpoints that have been given out already. version() says that it happened and
// current() what a name has become; the tables then merge the children into the new name, because 200 rows with a few
// pairs each would stand in the report for ever, and none of them could pass.
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace truemirror {

inline constexpr std::string_view kOther = "(other)";

// `{id}`, `{uuid}`, `{hex}`, `{ulid}`, `{date}` or `{token}` for a segment of that type; empty for any other.
[[nodiscard]] std::string_view segment_type(std::string_view segment);

class EndpointNames {
 public:
  static constexpr std::size_t kMaxChildren = 200, kMaxNodes = 20'000, kMaxDepth = 16, kMaxLiteral = 64;

  // A route is `/orders/{anything}` for every method or `GET /orders/{anything}` for one; `*` stands for one segment as
  // well, a last `**` for all that follow. Of two that match, the one with the earlier literal segments wins.
  EndpointNames(const std::vector<std::string>& routes, std::size_t max_endpoints);
  ~EndpointNames();

  // The name of a request; its query and, in absolute form, its authority are not part of it, and it is one for all
  // spellings of a path (http/canonical_path.h). Printable ASCII.
  [[nodiscard]] std::string name(std::string_view method, std::string_view target);
  // What an endpoint named earlier is called now.
  [[nodiscard]] std::string current(std::string_view name);
  // Grows with every collapse; 0 while there was none.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  struct Node;
  using Segments = boost::container::static_vector<std::string_view, kMaxDepth + 1>;
  struct Route {
    std::string method, text;  // method empty: any
    std::vector<std::string> segments;
    bool open_end = false;  // ends in `**`, which is not among the segments
    [[nodiscard]] bool matches(std::string_view method, const Segments& path) const;
  };
  [[nodiscard]] const Route* route(std::string_view method, const Segments& path) const;
  [[nodiscard]] std::string rename(std::string_view name);
  void refresh();
  [[nodiscard]] std::string walk(std::string_view method, const Segments& path);
  Node* step(Node& node, std::string_view& key);
  void collapse(Node& node);
  [[nodiscard]] std::string admit(std::string name);

  std::vector<Route> routes_;  // the one to prefer first
  std::size_t max_endpoints_, nodes_ = 0;
  std::unique_ptr<Node> root_;
  std::unordered_set<std::string> names_;  // given out, as they are called now
  std::uint64_t version_ = 0;
};

}  // namespace truemirror
