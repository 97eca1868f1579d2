#include "diff/location.h"

#include "diff/value_class.h"
#include "proxy/http/utf8.h"

namespace truemirror {
namespace {

// Bytes that are no UTF-8 show as `\xNN`: a location is text wherever it goes.
void append_escaped(std::string& out, std::string_view key) {
  if (!is_utf8(key)) {
    const std::string quoted = json_quoted(key);
    return append_escaped(out, std::string_view(quoted).substr(1, quoted.size() - 2));
  }
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
}

}  // namespace

bool is_map_like_key(std::string_view key) {
  switch (class_of_text(key)) {
    case ValueClass::uuid:
    case ValueClass::ulid:
    case ValueClass::hash:
    case ValueClass::jwt:
    case ValueClass::token:
    case ValueClass::timestamp:
    case ValueClass::date:
    case ValueClass::epoch:
    case ValueClass::number:
    case ValueClass::email:
    case ValueClass::ip:
    case ValueClass::url:
      return true;
    default:
      return false;
  }
}

std::string Location::exact() const {
  std::string out(root_);
  for (const Segment& segment : segments_) {
    out += '/';
    if (segment.role == Role::index) {
      out += std::to_string(segment.index);
    } else if (segment.role == Role::mark) {
      out += segment.text;
    } else {
      append_escaped(out, segment.text);
    }
  }
  return out;
}

std::string_view Location::generalized() {
  if (generalized_.empty()) generalized_ = root_;
  generalized_.resize(ends_.empty() ? root_.size() : ends_.back());
  for (std::size_t at = ends_.size(); at < segments_.size(); ++at) {
    const Segment& segment = segments_[at];
    generalized_ += '/';
    if (segment.role == Role::index || (segment.role == Role::key && is_map_like_key(segment.text))) {
      generalized_ += '*';
    } else if (segment.role == Role::mark) {
      generalized_ += segment.text;
    } else {
      append_escaped(generalized_, segment.text);
    }
    ends_.push_back(generalized_.size());
  }
  return generalized_;
}

}  // namespace truemirror
