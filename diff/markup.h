// An XML or HTML text as a flat list of elements and texts, made for comparing; a subtree is one contiguous range.
// libxml2 reads it (its SAX interface, for XML and for HTML) and nothing else: no network, no DTD, no entity but the
// built-in ones, no message to anybody. What does not count is left out: comments, processing instructions, the
// document type, text that is nothing but white space (but where xml:space is `preserve`), and in HTML runs of white
// space outside of pre, textarea, script and style.
// Bounded: depth, nodes, and what libxml2 does in more than linear time (attributes of one element, namespaces).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace truemirror {

enum class MarkupLanguage : std::uint8_t { xml, html };

// Why there is no document. `entities`: it uses entities that its own DTD declares; `too_large`: over a bound.
enum class MarkupFlaw : std::uint8_t { none, malformed, entities, too_deep, too_large };

struct MarkupAttribute {
  std::uint32_t at = 0, name_size = 0, value_size = 0;  // `@name`, then the value
  std::uint64_t name = 0;                               // as MarkupNode::name
};

struct MarkupNode {
  std::uint32_t at = 0, size = 0;  // an element's name as it is written (`dc:title`), a text
  std::uint32_t end = 0;           // the node after this subtree
  std::uint32_t attributes_at = 0, attribute_count = 0;
  bool is_text = false;
  std::uint64_t name = 0;  // equal for equal names: in XML of namespace and local name, whatever the prefix; 0 of texts
  std::uint64_t hash = 0;  // of all that counts in the subtree: equal subtrees have equal hashes
};

class MarkupDocument {
 public:
  // `text` is UTF-8, whatever it declares; it need not outlive the document. Node 0 is the document itself.
  [[nodiscard]] MarkupFlaw parse(std::string_view text, MarkupLanguage language);

  [[nodiscard]] const MarkupNode& operator[](std::uint32_t node) const { return nodes_[node]; }
  [[nodiscard]] std::string_view text(const MarkupNode& node) const { return view(node.at, node.size); }
  [[nodiscard]] const MarkupAttribute& attribute(const MarkupNode& node, std::uint32_t index) const {
    return attributes_[node.attributes_at + index];
  }
  // `@class`
  [[nodiscard]] std::string_view name(const MarkupAttribute& attribute) const {
    return view(attribute.at, attribute.name_size);
  }
  [[nodiscard]] std::string_view value(const MarkupAttribute& attribute) const {
    return view(attribute.at + attribute.name_size, attribute.value_size);
  }
  [[nodiscard]] std::vector<std::uint32_t> children(std::uint32_t node) const;
  // The node as markup.
  [[nodiscard]] std::string markup(std::uint32_t node) const;

 private:
  friend class MarkupBuilder;
  [[nodiscard]] std::string_view view(std::uint32_t at, std::uint32_t size) const {
    return std::string_view(pool_).substr(at, size);
  }
  void write(std::uint32_t node, std::string& out) const;

  std::string pool_;
  std::vector<MarkupNode> nodes_;
  std::vector<MarkupAttribute> attributes_;
};

}  // namespace truemirror
