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
  if (!make_room(body_.bytes.size() + kept, held)) return false;
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

// What is held is what memory is taken, not what is in it: a copy that grows has room to spare.
bool BodyCopy::make_room(std::size_t size, Holding& held) {
  const std::size_t had = taken_;
  if (size <= had) return true;
  const std::size_t wanted = std::max(size, std::min(2 * had, limit_));
  if (!held.grow(wanted - had)) return false;
  std::string larger;  // one that grows takes twice what it had, whatever it is asked for
  larger.reserve(wanted);
  body_.bytes = std::move(larger.append(body_.bytes));
  taken_ = wanted;
  return true;
}

Body BodyCopy::take() {
  if (hash_) body_.hash = XXH3_64bits_digest(hash_.get());
  hash_.reset();
  taken_ = 0;
  return std::exchange(body_, Body{});
}

}  // namespace truemirror
