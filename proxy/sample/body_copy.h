// A bounded copy of a body that streams by: bytes up to the limit, beyond it the length and a hash of the whole
// (design.md §7.2). Belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "proxy/http/exchange.h"
#include "proxy/sample/sample.h"

struct XXH3_state_s;

namespace truemirror {

class BodyCopy {
 public:
  explicit BodyCopy(std::size_t limit);
  ~BodyCopy();
  BodyCopy(BodyCopy&&) noexcept;
  BodyCopy& operator=(BodyCopy&&) noexcept;

  // False where the byte budget has no room: the copy is worthless then.
  [[nodiscard]] bool append(std::string_view payload, Holding& held);
  [[nodiscard]] std::uint64_t length() const { return body_.length; }
  [[nodiscard]] bool truncated() const { return body_.truncated(); }
  // The copy as it is; the object is empty afterwards.
  [[nodiscard]] Body take();

 private:
  bool make_room(std::size_t size, Holding& held);

  struct FreeHash {
    void operator()(XXH3_state_s* state) const;
  };
  std::size_t limit_;
  std::size_t taken_ = 0;  // room for bytes, counted in `held`
  Body body_;
  std::unique_ptr<XXH3_state_s, FreeHash> hash_;  // only once the limit is passed
};

}  // namespace truemirror
