#include "proxy/http/response_reader.h"

#include "proxy/http/head_writer.h"

namespace truemirror {

void ResponseReader::feed(std::string_view bytes) {
  payload_.clear();
  if (failed()) return;
  if (!has_head_) {
    head_bytes_.append(bytes);
    take_head();
    if (!has_head_ || failed()) return;
    bytes = first_body_;
  }
  const std::size_t consumed = body_.feed(bytes, payload_);
  if (body_.failed()) {
    error_ = "malformed chunked body";
  } else if (body_.done()) {
    extra_ += bytes.size() - consumed;
  }
}

void ResponseReader::take_head() {
  for (;;) {
    ResponseHead head;
    const ScanResult scanned = scanner_.scan(head_bytes_, head, method_);
    if (scanned == ScanResult::need_more) return;
    if (scanned == ScanResult::error) {
      error_ = to_string(scanner_.error());
      return;
    }
    if (head.status == 101 || (head.status < 200 && ++interim_ > kMaxInterim)) {
      error_ = head.status == 101 ? "101 that nobody asked for" : "too many interim responses";
      return;
    }
    if (head.status >= 200) {
      response_ = to_response(head);
      keep_alive_ = head.keep_alive;
      body_.start(head.framing, head.content_length);
      first_body_ = head_bytes_.substr(head.size);
      has_head_ = true;
      return;
    }
    head_bytes_.erase(0, head.size);
    scanner_.reset();
    if (head_bytes_.empty()) return;
  }
}

}  // namespace truemirror
