#include "proxy/sample/body_copy.h"

#include <xxhash.h>

#include <algorithm>

#include "proxy/http/out_of_memory.h"

namespace truemirror {

void BodyCopy::FreeHash::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

BodyCopy::BodyCopy(std::size_t limit) : limit_(limit) {}
BodyCopy::~BodyCopy() = default;
BodyCopy::BodyCopy(BodyCopy&&) noexcept = default;
BodyCopy& BodyCopy::operator=(BodyCopy&&) noexcept = default;

bool BodyCopy::append(std::string_view payload, Holding& held) {
  const std::size_t kept = std::min(payload.size(), limit_ - body_.bytes.size());
  if (kept > 0 && !held.grow(kept)) return false;
  if (kept < payload.size() && !hash_) {
    hash_.reset(XXH3_createState());
    if (!hash_) out_of_memory();
    XXH3_64bits_reset(hash_.get());
    XXH3_64bits_update(hash_.get(), body_.bytes.data(), body_.bytes.size());
  }
  body_.bytes.append(payload.substr(0, kept));
  body_.length += payload.size();
  if (hash_) XXH3_64bits_update(hash_.get(), payload.data(), payload.size());
  return true;
}

Body BodyCopy::take() {
  if (hash_) body_.hash = XXH3_64bits_digest(hash_.get());
  hash_.reset();
  return std::exchange(body_, Body{});
}

}  // namespace truemirror
