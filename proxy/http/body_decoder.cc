#include "proxy/http/body_decoder.h"

#include <algorithm>

namespace truemirror {

void BodyDecoder::start(Framing framing, std::uint64_t content_length) {
  framing_ = framing;
  left_ = framing == Framing::length ? content_length : 0;
  received_ = 0;
  failed_ = false;
  done_ = framing == Framing::none || (framing == Framing::length && content_length == 0);
  chunks_.start();
}

std::size_t BodyDecoder::feed(std::string_view bytes, std::vector<std::string_view>& payload) {
  if (done_ || failed_ || bytes.empty()) return 0;
  if (framing_ == Framing::chunked) {
    const std::size_t known = payload.size();
    const std::size_t consumed = chunks_.feed(bytes, payload);
    for (std::size_t span = known; span < payload.size(); ++span) received_ += payload[span].size();
    done_ = chunks_.done();
    failed_ = chunks_.failed();
    return consumed;
  }
  const std::size_t taken = framing_ == Framing::length
                                ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
                                : bytes.size();
  payload.push_back(bytes.substr(0, taken));
  received_ += taken;
  if (framing_ == Framing::length) done_ = (left_ -= taken) == 0;
  return taken;
}

bool BodyDecoder::finish() {
  if (framing_ == Framing::until_close && !failed_) done_ = true;
  return done_;
}

}  // namespace truemirror
