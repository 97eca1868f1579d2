// Escaping for the page: first harmless, then markup. The order matters: what is spelled out contains no markup.
#include "diff/report/html_parts.h"
#include "diff/report/phrase.h"
#include "diff/report/shown_text.h"

namespace truemirror {
namespace {

// Puts line breaks and indentation into JSON without touching a token. Anything else comes back broken into lines at
// its brackets, which hurts nobody: it is only for looking at.
std::string indented_json(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { out += "\n" + std::string(2 * std::min<std::size_t>(depth, 40), ' '); };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      out += c;
      if (c == '\\' && at + 1 < text.size()) out += text[++at];
      if (c == '"') in_string = false;
      continue;
    }
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1 : 0;
      if (!out.empty() && out.back() != '{' && out.back() != '[') new_line();
    }
    out += c;
    in_string = c == '"';
    if (c == ':') out += ' ';
    if (c == '{' || c == '[') ++depth;
    if (c == ',' || ((c == '{' || c == '[') && next != '}' && next != ']')) new_line();
  }
  return out;
}

}  // namespace

std::string html_escape(std::string_view shown) {
  std::string out;
  out.reserve(shown.size());
  for (const char c : shown) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_text(std::string_view bytes) { return "<bdi>" + html_escape(shown_text(bytes)) + "</bdi>"; }
std::string html_attribute(std::string_view bytes) { return html_escape(shown_text(bytes)); }

std::string html_body(const Body& body, std::size_t most) {
  if (body.length == 0) return "<p class=\"none\">no body</p>";
  if (body.bytes.empty()) return "<p class=\"none\">" + phrase_count(body.length, "byte") + ", not stored</p>";
  std::string_view bytes = body.bytes;
  const bool cut = bytes.size() > most || body.truncated();
  if (bytes.size() > most) bytes = bytes.substr(0, most);
  if (cut) bytes = utf8_whole(bytes);
  const bool json = bytes.front() == '{' || bytes.front() == '[';
  std::string out =
      "<pre dir=\"auto\" tabindex=\"0\">" + html_escape(shown_block(json ? indented_json(bytes) : bytes)) + "</pre>";
  if (cut) {
    out +=
        "<p class=\"none\">first " + phrase_count(bytes.size()) + " of " + phrase_count(body.length, "byte") + "</p>";
  }
  return out;
}

}  // namespace truemirror
