#include "proxy/http/response_reader.h"

#include "proxy/http/head_writer.h"

namespace truemirror {

void ResponseReader::restart(std::string_view method) {
  method_ = method;
  scanner_.reset();
  body_.start(Framing::none, 0);
  head_bytes_.clear();
  payload_.clear();
  response_ = {};
  error_.clear();
  keep_alive_terms_.clear();
  has_head_ = keep_alive_ = told_to_continue_ = false;
  interim_.start();
  extra_ = 0;
}

void ResponseReader::feed(std::string_view bytes) {
  payload_.clear();
  if (failed()) return;
  if (!has_head_) {
    const bool in_pieces = !head_bytes_.empty();
    if (in_pieces) bytes = head_bytes_.append(bytes);
    const std::size_t taken = take_heads(bytes);
    if (failed()) return;
    if (!has_head_) {
      if (in_pieces) {
        head_bytes_.erase(0, taken);
      } else {
        head_bytes_ = bytes.substr(taken);
      }
      return;
    }
    bytes.remove_prefix(taken);
  }
  const std::size_t consumed = body_.feed(bytes, payload_);
  if (body_.failed()) {
    error_ = "malformed chunked body";
  } else if (body_.done()) {
    extra_ += bytes.size() - consumed;
  }
}

// Interim heads, and the final one where it is there. Returns how many bytes they take.
std::size_t ResponseReader::take_heads(std::string_view bytes) {
  std::size_t taken = 0;
  while (!has_head_ && taken < bytes.size()) {
    const ScanResult scanned = scanner_.scan(bytes.substr(taken), head_, method_);
    if (scanned == ScanResult::need_more) return taken;
    if (scanned == ScanResult::error) {
      error_ = to_string(scanner_.error());
      return taken;
    }
    // Whoever reads here has a deadline for the whole response: no byte comes back to the budget.
    if (head_.status == 101 || (head_.status < 200 && !interim_.take(head_.size, {}))) {
      error_ = head_.status == 101 ? "101 that nobody asked for" : "too many interim responses";
      return taken;
    }
    taken += head_.size;
    scanner_.reset();
    told_to_continue_ = told_to_continue_ || head_.status == 100;
    if (head_.status < 200) continue;
    response_ = to_response(head_);
    keep_alive_ = head_.keep_alive;
    keep_alive_terms_ = head_.keep_alive_terms;
    body_.start(head_.framing, head_.content_length);
    has_head_ = true;
  }
  return taken;
}

}  // namespace truemirror
