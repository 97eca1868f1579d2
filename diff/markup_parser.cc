// Fills a MarkupDocument from what libxml2 reports. All of libxml2 that the rest of the program could notice is in this
// file: no handler is global, so any number of threads may parse at once.
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_map>

#include "diff/markup.h"
#include "proxy/http/utf8.h"

namespace truemirror {

namespace {

constexpr std::size_t kDeepest = 200;  // the walks over a document recurse; libxml2 itself ends at 256
constexpr std::size_t kMostNodes = 4u << 20;
constexpr std::size_t kLargestHtml = 4u << 20;  // an end tag costs libxml2 a look at every open element
// libxml2 compares the attributes of an element with each other, all pairs. It says nothing before an element's last
// attribute, so what it reads without a word from it is bounded too: so many blanks and quotes, which part attributes.
constexpr std::size_t kMostSilentSeparators = 16'384;
constexpr std::uint64_t kMostAttributePairs = 50'000'000;
constexpr std::size_t kMostNamespaces = 256;  // in scope: each prefix is looked up in all of them

constexpr std::uint64_t kTextSeed = 0x7465787400000001u;

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool keeps_white_space(std::string_view html_name) {
  return html_name == "pre" || html_name == "textarea" || html_name == "script" || html_name == "style";
}

}  // namespace

class MarkupBuilder {
 public:
  MarkupBuilder(MarkupDocument& document, std::string_view text, MarkupLanguage language)
      : document_(document), rest_(text), html_(language == MarkupLanguage::html) {
    document_ = {};
    document_.nodes_.emplace_back();
    open_.push_back({0, false, 0});
  }

  MarkupFlaw run() {
    if (rest_.size() > UINT32_MAX / 2) return MarkupFlaw::too_large;
    xmlSAXHandler handler{};
    handler.initialized = XML_SAX2_MAGIC;
    handler.serror = [](void*, xmlErrorPtr) {};  // silent: what is wrong the result says
    handler.characters = handler.ignorableWhitespace = [](void* self, const xmlChar* text, int size) {
      of(self).characters({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
    };
    handler.comment = [](void* self, const xmlChar*) { of(self).silent_ = 0; };
    handler.reference = [](void* self, const xmlChar* name) { of(self).reference(view(name)); };
    handler.entityDecl = [](void* self, const xmlChar*, int, const xmlChar*, const xmlChar*, xmlChar*) {
      of(self).declares_entities_ = true;  // and nothing else: what is not kept cannot expand
    };
    handler.startElement = [](void* self, const xmlChar* name, const xmlChar** pairs) {
      of(self).start_html(view(name), pairs);
    };
    handler.endElement = [](void* self, const xmlChar*) { of(self).end(); };
    const bool whole = html_ ? read_html(handler) : read_xml(handler);
    flush_text();
    while (open_.size() > 1) end();
    close_node(0);
    if (flaw_ != MarkupFlaw::none) return flaw_;
    if (!whole) return declares_entities_ ? MarkupFlaw::entities : MarkupFlaw::malformed;
    return MarkupFlaw::none;
  }

 private:
  struct Open {
    std::uint32_t node;
    bool keeps_white_space;
    std::size_t namespaces;
  };

  static MarkupBuilder& of(void* self) { return *static_cast<MarkupBuilder*>(self); }

  // libxml2 asks for the next bytes. An end in the middle is the way to stop it: nothing is freed below its feet.
  static int read(void* self, char* into, int size) {
    MarkupBuilder& builder = of(self);
    if (builder.flaw_ != MarkupFlaw::none || size <= 0) return 0;
    const std::string_view chunk = builder.rest_.substr(0, static_cast<std::size_t>(size));
    builder.rest_.remove_prefix(chunk.size());
    chunk.copy(into, chunk.size());
    const auto parts = [](char c) { return is_blank(c) || c == '"' || c == '\''; };
    builder.silent_ += static_cast<std::size_t>(std::count_if(chunk.begin(), chunk.end(), parts));
    if (builder.silent_ > kMostSilentSeparators) return builder.stop(MarkupFlaw::too_large), 0;
    return static_cast<int>(chunk.size());
  }

  bool read_xml(xmlSAXHandler& handler) {
    handler.startElement = nullptr;
    handler.endElement = nullptr;
    handler.startElementNs = [](void* self, const xmlChar* name, const xmlChar* prefix, const xmlChar* space,
                                int space_count, const xmlChar**, int count, int defaulted, const xmlChar** fields) {
      of(self).start_xml(view(name), view(prefix), space, static_cast<std::size_t>(space_count), count - defaulted,
                         fields);
    };
    handler.endElementNs = [](void* self, const xmlChar*, const xmlChar*, const xmlChar*) { of(self).end(); };
    const std::unique_ptr<xmlParserCtxt, void (*)(xmlParserCtxtPtr)> context(xmlNewParserCtxt(), xmlFreeParserCtxt);
    if (!context) return false;
    *context->sax = handler;
    context->userData = this;
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_IGNORE_ENC;
    xmlFreeDoc(xmlCtxtReadIO(context.get(), read, nullptr, this, nullptr, "UTF-8", kOptions));
    return context->wellFormed != 0 && rest_.empty();
  }

  bool read_html(const xmlSAXHandler& handler) {
    // libxml2 ends at a NUL and guesses another charset at what is no UTF-8.
    std::string clean;
    if (rest_.find('\0') != std::string_view::npos || !is_utf8(rest_)) {
      clean = valid_utf8(rest_);
      std::replace(clean.begin(), clean.end(), '\0', '?');
      rest_ = clean;
    }
    if (rest_.size() > kLargestHtml) return stop(MarkupFlaw::too_large), false;
    const std::unique_ptr<htmlParserCtxt, void (*)(htmlParserCtxtPtr)> context(htmlNewParserCtxt(), htmlFreeParserCtxt);
    if (!context) return false;
    *context->sax = handler;
    context->userData = this;
    constexpr int kOptions =
        HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_RECOVER | HTML_PARSE_IGNORE_ENC;
    xmlFreeDoc(htmlCtxtReadIO(context.get(), read, nullptr, this, nullptr, "UTF-8", kOptions));
    const bool whole = rest_.empty() && context->input != nullptr && context->input->cur >= context->input->end;
    rest_ = {};
    return whole;
  }

  void stop(MarkupFlaw flaw) {
    if (flaw_ == MarkupFlaw::none) flaw_ = flaw;
  }

  // A text is put together from pieces at the end of the pool; an element's start or end completes it.
  void characters(std::string_view text) {
    silent_ = 0;
    if (flaw_ != MarkupFlaw::none) return;
    if (!in_text_) text_at_ = document_.pool_.size();
    in_text_ = true;
    document_.pool_ += text;
  }
  // An entity that a DTD elsewhere may declare stands for itself.
  void reference(std::string_view name) {
    characters("&");
    characters(name);
    characters(";");
  }

  void flush_text() {
    if (!in_text_) return;
    in_text_ = false;
    std::string& pool = document_.pool_;
    const auto begin = pool.begin() + static_cast<std::ptrdiff_t>(text_at_);
    const bool verbatim = open_.back().keeps_white_space;
    if (std::all_of(begin, pool.end(), is_blank) && (html_ || !verbatim)) return pool.resize(text_at_);
    if (html_ && !verbatim) collapse();
    if (document_.nodes_.size() >= kMostNodes) return stop(MarkupFlaw::too_large);
    MarkupNode node;
    node.is_text = true;
    node.at = static_cast<std::uint32_t>(text_at_);
    node.size = static_cast<std::uint32_t>(pool.size() - text_at_);
    node.end = static_cast<std::uint32_t>(document_.nodes_.size() + 1);
    node.hash = hash_of(std::string_view(pool).substr(text_at_), kTextSeed);
    document_.nodes_.push_back(node);
  }

  // Runs of white space become one blank, those at both ends go.
  void collapse() {
    std::string& pool = document_.pool_;
    std::size_t to = text_at_;
    for (std::size_t from = text_at_; from < pool.size(); ++from) {
      const bool blank = is_blank(pool[from]);
      if (blank && (to == text_at_ || pool[to - 1] == ' ')) continue;
      pool[to++] = blank ? ' ' : pool[from];
    }
    if (to > text_at_ && pool[to - 1] == ' ') --to;
    pool.resize(to);
  }

  // True where the element may be added; then it is open.
  bool begin_element(std::string_view prefix, std::string_view name, std::uint64_t name_hash) {
    silent_ = 0;
    flush_text();
    if (flaw_ != MarkupFlaw::none) return false;
    if (open_.size() > kDeepest) return stop(MarkupFlaw::too_deep), false;
    if (document_.nodes_.size() >= kMostNodes) return stop(MarkupFlaw::too_large), false;
    MarkupNode node;
    node.at = static_cast<std::uint32_t>(document_.pool_.size());
    append_name(prefix, name);
    node.size = static_cast<std::uint32_t>(document_.pool_.size()) - node.at;
    node.name = name_hash;
    node.attributes_at = static_cast<std::uint32_t>(document_.attributes_.size());
    open_.push_back(
        {static_cast<std::uint32_t>(document_.nodes_.size()), open_.back().keeps_white_space, open_.back().namespaces});
    document_.nodes_.push_back(node);
    return true;
  }

  void append_name(std::string_view prefix, std::string_view name) {
    document_.pool_ += prefix;
    if (!prefix.empty()) document_.pool_ += ':';
    document_.pool_ += name;
  }

  void add_attribute(std::string_view prefix, std::string_view name, std::uint64_t name_hash, std::string_view value) {
    MarkupAttribute attribute;
    attribute.at = static_cast<std::uint32_t>(document_.pool_.size());
    document_.pool_ += '@';
    append_name(prefix, name);
    attribute.name_size = static_cast<std::uint32_t>(document_.pool_.size()) - attribute.at;
    append_value(value);
    attribute.value_size = static_cast<std::uint32_t>(document_.pool_.size()) - attribute.at - attribute.name_size;
    attribute.name = name_hash;
    document_.attributes_.push_back(attribute);
    ++document_.nodes_.back().attribute_count;
  }
  // libxml2 leaves an ampersand in an XML attribute as `&#38;` while it expands nothing.
  void append_value(std::string_view value) {
    constexpr std::string_view kAmpersand = "&#38;";
    while (!html_ && !value.empty()) {
      const std::size_t at = std::min(value.find(kAmpersand), value.size());
      document_.pool_ += value.substr(0, at);
      if (at == value.size()) return;
      document_.pool_ += '&';
      value.remove_prefix(at + kAmpersand.size());
    }
    document_.pool_ += value;
  }

  void count_attributes(std::uint64_t count) {
    attribute_pairs_ += count * count;
    if (attribute_pairs_ > kMostAttributePairs) stop(MarkupFlaw::too_large);
  }

  void start_html(std::string_view name, const xmlChar** pairs) {
    if (!begin_element({}, name, hash_of(name))) return;
    std::uint64_t count = 0;
    for (; pairs != nullptr && pairs[0] != nullptr; pairs += 2, ++count) {
      add_attribute({}, view(pairs[0]), hash_of(view(pairs[0])), view(pairs[1]));
    }
    count_attributes(count);
    open_.back().keeps_white_space |= keeps_white_space(name);
  }

  // `fields` holds five pointers an attribute: name, prefix, namespace, the value and its end.
  void start_xml(std::string_view name, std::string_view prefix, const xmlChar* space, std::size_t declared, int count,
                 const xmlChar** fields) {
    if (!begin_element(prefix, name, expanded(name, prefix, space))) return;
    open_.back().namespaces += declared;
    if (open_.back().namespaces > kMostNamespaces) stop(MarkupFlaw::too_large);
    for (int index = 0; index < count; ++index, fields += 5) {
      const std::string_view attribute = view(fields[0]), attribute_prefix = view(fields[1]);
      const std::string_view value(reinterpret_cast<const char*>(fields[3]),
                                   static_cast<std::size_t>(fields[4] - fields[3]));
      add_attribute(attribute_prefix, attribute, expanded(attribute, attribute_prefix, fields[2]), value);
      if (attribute_prefix == "xml" && attribute == "space") open_.back().keeps_white_space = value == "preserve";
    }
    count_attributes(static_cast<std::uint64_t>(count));
  }

  // Of namespace and local name; a prefix that nothing declares is a namespace of its own.
  std::uint64_t expanded(std::string_view name, std::string_view prefix, const xmlChar* space) {
    if (space == nullptr) return hash_of(name, prefix.empty() ? 0 : hash_of(prefix));
    // libxml2 keeps one copy of a namespace's name, so each is hashed once however long it is.
    const auto [known, is_new] = spaces_.try_emplace(space, 0);
    if (is_new) known->second = hash_of(view(space), 1);
    return hash_of(name, known->second);
  }

  void end() {
    silent_ = 0;
    flush_text();
    if (open_.size() < 2) return;
    close_node(open_.back().node);
    // Browsers make a head where none is written.
    const MarkupNode& node = document_.nodes_.back();
    const bool is_empty = &node == &document_.nodes_[open_.back().node] && node.attribute_count == 0;
    if (html_ && is_empty && document_.text(node) == "head") document_.nodes_.pop_back();
    open_.pop_back();
  }

  void close_node(std::uint32_t at) {
    std::vector<MarkupNode>& nodes = document_.nodes_;
    MarkupNode& node = nodes[at];
    node.end = static_cast<std::uint32_t>(nodes.size());
    std::uint64_t attributes = 0;  // a sum: their order says nothing
    for (std::uint32_t index = 0; index < node.attribute_count; ++index) {
      const MarkupAttribute& attribute = document_.attribute(node, index);
      attributes += hash_of(document_.value(attribute), attribute.name);
    }
    std::array<std::uint64_t, 3> parts{node.name, attributes, 0};
    const auto hash_parts = [&parts] { return XXH3_64bits(parts.data(), sizeof parts); };
    std::uint64_t hash = hash_parts();
    for (std::uint32_t child = at + 1; child < node.end; child = nodes[child].end) {
      parts = {hash, nodes[child].hash, 1};
      hash = hash_parts();
    }
    node.hash = hash;
  }

  MarkupDocument& document_;
  std::string_view rest_;
  bool html_;
  MarkupFlaw flaw_ = MarkupFlaw::none;
  bool declares_entities_ = false, in_text_ = false;
  std::size_t text_at_ = 0;
  std::size_t silent_ = 0;  // separators read since libxml2 last reported anything
  std::uint64_t attribute_pairs_ = 0;
  std::vector<Open> open_;
  std::unordered_map<const xmlChar*, std::uint64_t> spaces_;
};

MarkupFlaw MarkupDocument::parse(std::string_view text, MarkupLanguage language) {
  static const bool ready = (xmlInitParser(), true);  // libxml2's tables, once and before any thread needs them
  (void)ready;
  return MarkupBuilder(*this, text, language).run();
}

}  // namespace truemirror
