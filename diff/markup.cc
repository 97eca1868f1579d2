#include "diff/markup.h"

namespace truemirror {
namespace {

// So that it reads as the same text again: a parser takes white space in an attribute for blanks, and a carriage return
// for a line feed.
void append_escaped(std::string& out, std::string_view text, bool in_attribute) {
  for (const char c : text) {
    const bool numbered = c == '\r' || (in_attribute && (c == '\n' || c == '\t'));
    if (numbered) {
      out += "&#" + std::to_string(static_cast<int>(c)) + ";";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"' && in_attribute) {
      out += "&quot;";
    } else {
      out += c;
    }
  }
}

}  // namespace

std::vector<std::uint32_t> MarkupDocument::children(std::uint32_t node) const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t child = node + 1; child < nodes_[node].end; child = nodes_[child].end) out.push_back(child);
  return out;
}

std::string MarkupDocument::markup(std::uint32_t node) const {
  std::string out;
  write(node, out);
  return out;
}

// Recursion is as deep as the parser lets documents be.
void MarkupDocument::write(std::uint32_t node, std::string& out) const {
  const MarkupNode& here = nodes_[node];
  if (here.is_text) return append_escaped(out, text(here), false);
  if (node == 0) {
    for (const std::uint32_t child : children(0)) write(child, out);
    return;
  }
  out += '<';
  out += text(here);
  for (std::uint32_t index = 0; index < here.attribute_count; ++index) {
    const MarkupAttribute& attribute = this->attribute(here, index);
    out += ' ';
    out += name(attribute).substr(1);
    out += "=\"";
    append_escaped(out, value(attribute), true);
    out += '"';
  }
  if (here.end == node + 1) {
    out += "/>";
    return;
  }
  out += '>';
  for (std::uint32_t child = node + 1; child < here.end; child = nodes_[child].end) write(child, out);
  out += "</";
  out += text(here);
  out += '>';
}

}  // namespace truemirror
