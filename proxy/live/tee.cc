#include "proxy/live/tee.h"

#include "proxy/http/client_identity.h"
#include "proxy/http/head_writer.h"

namespace truemirror {

Tee::Tee(Outbox& outbox, std::unique_ptr<Sample> sample, std::size_t copy_limit, std::chrono::milliseconds time_limit)
    : outbox_(outbox),
      sample_(std::move(sample)),
      copy_limit_(copy_limit),
      time_limit_(time_limit),
      request_(copy_limit),
      response_(copy_limit) {}

void Tee::drop(DropReason reason) {
  if (!active()) return;
  sample_->ticket.drop(reason);
  sample_.reset();
}

void Tee::request_head(const RequestHead& head, std::string_view written) {
  if (!active()) return;
  if (head.framing == Framing::length && head.content_length > copy_limit_) return drop(DropReason::request_too_large);
  if (!sample_->held.grow(written.size())) return drop(DropReason::bytes_budget);
  sample_->head = written;
  sample_->method = head.method;
  sample_->target = head.path;
  sample_->framing.chunked = head.framing == Framing::chunked;
}

void Tee::request_payload(const std::vector<std::string_view>& payload) {
  for (std::string_view span : payload) {
    if (!active()) return;
    if (!request_.append(span, sample_->held)) return drop(DropReason::bytes_budget);
    if (request_.truncated()) return drop(DropReason::request_too_large);
  }
}

void Tee::response_head(const ResponseHead& head) {
  if (!active()) return;
  if (!sample_->held.grow(head.size)) return drop(DropReason::bytes_budget);
  sample_->stable = to_response(head);
}

void Tee::response_payload(const std::vector<std::string_view>& payload) {
  if (!active()) return;
  for (std::string_view span : payload) {
    if (!response_.append(span, sample_->held)) return drop(DropReason::bytes_budget);
  }
  // What is done with its first payload is looked at in response_done().
  if (std::exchange(streaming_, true) && Clock::now() - sample_->arrived > time_limit_) drop(DropReason::stream);
}

void Tee::response_done(const Headers& trailers) {
  if (!active()) return;
  const auto now = Clock::now();
  if (now - sample_->arrived > time_limit_) return drop(DropReason::stream);
  sample_->stable.body = response_.take();
  sample_->stable.trailers = trailers;
  sample_->stable.timing = {sent_ - sample_->arrived, first_byte_ - sample_->arrived, now - sample_->arrived};
  response_whole_ = true;
  if (request_whole_) hand_over();
}

// Once more where it is sent again: nothing is different then. Of the trailers what stable gets (body_framer.h).
void Tee::request_done(const Headers& trailers) {
  if (!active() || std::exchange(request_whole_, true)) return;
  sample_->body = request_.take();
  if (!sample_->held.grow(trailers.footprint())) return drop(DropReason::bytes_budget);
  for (const HeaderField& field : trailers) {
    if (!claims_identity(field.name)) sample_->framing.trailers.add(field.name, field.value);
  }
  if (response_whole_) hand_over();
}

void Tee::request_withheld() {
  if (!active()) return;
  sample_->framing.withheld = true;
  request_whole_ = true;
  if (response_whole_) hand_over();
}

void Tee::hand_over() {
  if (Clock::now() - sample_->arrived > time_limit_) return drop(DropReason::stream);
  outbox_.add(std::move(sample_));
}

}  // namespace truemirror
