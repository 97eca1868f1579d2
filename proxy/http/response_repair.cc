#include "proxy/http/response_repair.h"

#include "proxy/http/known_header.h"
#include "proxy/http/octets.h"

namespace truemirror {
namespace {

// The element that a list has once or more, and nothing else; the list itself where it is not of that kind.
std::string_view one_of_equals(std::string_view list) {
  const std::string_view first = trim_blanks(list.substr(0, list.find(',')));
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    if (trim_blanks(rest.substr(0, comma)) != first) return list;
    if (comma == std::string_view::npos) return first;
    rest.remove_prefix(comma + 1);
  }
  return list;  // a comma is last
}

// Content-Length as it was said first; said again, it is left out where it says the same.
class LengthLine {
 public:
  void repair(std::string_view name, std::string_view value, std::string& out) {
    const std::string_view length = one_of_equals(trim_blanks(value));
    if (seen_ && length == length_) return;
    if (!seen_) length_ = length;
    seen_ = true;
    out.append(name).append(": ").append(length).append("\r\n");
  }

 private:
  bool seen_ = false;
  std::string_view length_;
};

}  // namespace

std::size_t end_of_response_head(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find('\n', from); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    const std::string_view next = bytes.substr(at + 1, 2);
    if (next.starts_with('\n')) return at + 2;
    if (next == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

bool repair_response_head(std::string_view head, std::string& out) {
  out.clear();
  bool crlf = false;
  bool lf = false;
  LengthLine length;
  for (bool first = true; !head.empty(); first = false) {
    const std::size_t end = head.find('\n');
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const bool has_cr = line.ends_with('\r');
    (has_cr ? crlf : lf) = true;
    if (has_cr) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (first || colon == std::string_view::npos) {
      out.append(line).append("\r\n");
      continue;
    }
    std::string_view name = line.substr(0, colon);
    while (is_token(name.substr(0, 1)) && (name.ends_with(' ') || name.ends_with('\t'))) name.remove_suffix(1);
    if (is_token(name) && known_header(name) == KnownHeader::content_length) {
      length.repair(name, line.substr(colon + 1), out);
    } else {
      out.append(name).append(line.substr(colon)).append("\r\n");
    }
  }
  return crlf && lf;
}

}  // namespace truemirror
