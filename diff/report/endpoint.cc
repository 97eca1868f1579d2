#include "diff/report/endpoint.h"

#include <algorithm>
#include <optional>

#include "proxy/http/canonical_path.h"

namespace truemirror {

// One method (below the root) or one segment of a path.
struct EndpointNames::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
  std::size_t literals = 0;  // children that stand for themselves, not for `{id}` and the like
  bool collapsed = false;

  [[nodiscard]] std::size_t size() const {
    std::size_t nodes = 1;
    for (const auto& [key, child] : children) nodes += child->size();
    return nodes;
  }
};

namespace {

constexpr std::string_view kVar = "{var}", kRest = "**";

bool is_placeholder(std::string_view segment) {
  if (segment.empty() || (segment.front() != '{' && segment.front() != '*')) return false;
  static constexpr std::string_view kAll[] = {"{id}", "{uuid}", "{hex}", "{ulid}", "{date}", "{token}", kVar, kRest};
  return std::find(std::begin(kAll), std::end(kAll), segment) != std::end(kAll);
}

template <class Segments>
Segments segments_of(std::string_view path) {
  Segments segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (segments.size() < EndpointNames::kMaxDepth) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
  segments.push_back(kRest);
  return segments;
}

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

// Percent-encodes what is not printable ASCII, so that a name is safe in every log, label and page.
std::string printable(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_printable(c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 0xf]};
    }
  }
  return out;
}

// What stands for a segment: its type, `{token}` where it is too long to be a name, else itself; `encoded` holds what
// had to be encoded.
std::string_view key_of(std::string_view segment, std::string& encoded) {
  if (is_placeholder(segment)) return segment;
  if (segment.size() > EndpointNames::kMaxLiteral * 8) return "{token}";
  std::string_view literal = segment;
  if (!std::all_of(segment.begin(), segment.end(), is_printable)) literal = encoded = printable(segment);
  if (const std::string_view type = segment_type(literal); !type.empty()) return type;
  return literal.size() > EndpointNames::kMaxLiteral ? "{token}" : literal;
}

bool is_parameter(std::string_view segment) {
  return segment == "*" || (segment.size() > 2 && segment.front() == '{' && segment.back() == '}');
}

}  // namespace

EndpointNames::EndpointNames(const std::vector<std::string>& routes, std::size_t max_endpoints)
    : max_endpoints_(max_endpoints), root_(std::make_unique<Node>()) {
  for (const std::string& text : routes) {
    Route route;
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) continue;
    route.method = text.substr(0, text.find(' ') < slash ? text.find(' ') : 0);
    route.text = printable(canonical_template(std::string_view(text).substr(slash)));
    for (const std::string_view segment : segments_of<Segments>(route.text)) route.segments.emplace_back(segment);
    route.open_end = route.segments.back() == kRest;
    if (route.open_end) route.segments.pop_back();
    routes_.push_back(std::move(route));
  }
  // Literal segments before parameters, from the left; an open end last; a method before none.
  const auto rank = [](const Route& route) {
    std::string key;
    for (const std::string& segment : route.segments) key += is_parameter(segment) ? '1' : '0';
    return key + (route.open_end ? "2" : "") + (route.method.empty() ? "~" : "!");
  };
  std::sort(routes_.begin(), routes_.end(),
            [&](const Route& a, const Route& b) { return std::pair(rank(a), a.text) < std::pair(rank(b), b.text); });
}

EndpointNames::~EndpointNames() = default;

bool EndpointNames::Route::matches(std::string_view wanted, const Segments& path) const {
  if (!method.empty() && method != wanted) return false;
  if (open_end ? path.size() <= segments.size() : path.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!is_parameter(segments[i]) && segments[i] != path[i]) return false;
  }
  return true;
}

const EndpointNames::Route* EndpointNames::route(std::string_view method, const Segments& path) const {
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& route) { return route.matches(method, path); });
  return found == routes_.end() ? nullptr : &*found;
}

std::string EndpointNames::name(std::string_view method, std::string_view target) {
  std::string room;
  const std::string_view path = canonical_path(path_of_target(target), room);
  const Segments segments = path == "*" ? Segments{path} : segments_of<Segments>(path);
  const std::uint64_t before = version_;
  std::string name;
  if (const Route* given = route(method, segments)) {
    name = printable(method.substr(0, kMaxLiteral)) + " " + given->text;
  } else {
    name = walk(method, segments);
  }
  if (version_ != before) {
    refresh();
    name = rename(name);
  }
  return admit(std::move(name));
}

std::string EndpointNames::current(std::string_view name) {
  const std::uint64_t before = version_;
  std::string now = rename(name);
  if (version_ == before) return now;
  refresh();
  return rename(now);
}

std::string EndpointNames::rename(std::string_view name) {
  const std::size_t space = name.find(' ');
  if (space == std::string_view::npos) return std::string(name);
  const std::string_view method = name.substr(0, space);
  const Segments segments = segments_of<Segments>(name.substr(space + 1));
  return route(method, segments) ? std::string(name) : walk(method, segments);
}

// After a collapse: calls the names given out by what they are now, fewer than before. Doing so can collapse another
// node.
void EndpointNames::refresh() {
  for (std::uint64_t seen = 0; seen != version_;) {
    seen = version_;
    std::unordered_set<std::string> old;
    old.swap(names_);
    for (const std::string& name : old) {
      if (std::string now = rename(name); now != kOther) names_.insert(std::move(now));
    }
  }
}

std::string EndpointNames::walk(std::string_view method, const Segments& path) {
  constexpr std::size_t kRoomForTypes = 32;
  std::size_t size = method.size() + kRoomForTypes;
  for (const std::string_view segment : path) size += segment.size() + 1;
  std::string encoded, name;
  name.reserve(size);
  std::string_view key = key_of(method.substr(0, kMaxLiteral), encoded);
  Node* node = step(*root_, key);
  name.append(key).append(" ");
  for (const std::string_view segment : path) {
    if (!node) break;
    key = key_of(segment, encoded);
    node = step(*node, key);
    name.append("/").append(key);
  }
  return node ? name : std::string(kOther);
}

// The child for `key`, which becomes `{var}` where the node has collapsed; null where there are too many nodes.
EndpointNames::Node* EndpointNames::step(Node& node, std::string_view& key) {
  auto found = node.children.find(key);
  if (found == node.children.end() && !is_placeholder(key)) {
    if (!node.collapsed && node.literals == kMaxChildren) collapse(node);
    if (node.collapsed) found = node.children.find(key = kVar);
  }
  if (found != node.children.end()) return found->second.get();
  if (nodes_ >= kMaxNodes) return nullptr;
  ++nodes_;
  if (!is_placeholder(key)) ++node.literals;
  return node.children.emplace(std::string(key), std::make_unique<Node>()).first->second.get();
}

void EndpointNames::collapse(Node& node) {
  std::erase_if(node.children, [this](const auto& child) {
    if (is_placeholder(child.first)) return false;
    nodes_ -= child.second->size();
    return true;
  });
  node.literals = 0;
  node.collapsed = true;
  ++version_;
}

std::string EndpointNames::admit(std::string name) {
  if (name == kOther || names_.contains(name)) return name;
  if (names_.size() >= max_endpoints_) return std::string(kOther);
  names_.insert(name);
  return name;
}

}  // namespace truemirror
