// Says no to connections that get no session: a ready-made 503 with Retry-After and an orderly end, at a bounded price
// each, so that the surplus is answered and does not wait in the kernel. Keeps a spare descriptor for the moment when
// the process has none left. Belongs to one live thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "proxy/upstream/deadline.h"

namespace truemirror {

class Refusals {
 public:
  explicit Refusals(DeadlineClock& clock);
  ~Refusals();
  Refusals(const Refusals&) = delete;
  Refusals& operator=(const Refusals&) = delete;

  // Takes the descriptor over. `answered`: the client reads plain HTTP, so the answer means something to it.
  void refuse(int descriptor, bool answered);
  // Where accepting failed for want of a descriptor: gives the spare up for one connection, which is refused at once.
  // False where that did not help: pause then.
  [[nodiscard]] bool refuse_next(int listener, bool answered);

 private:
  void answer(int descriptor, bool answered) const;
  void close_all();

  // Closing while a request is still on its way resets the connection, and the answer with it (RFC 9112 §9.6): those
  // refused last stay half open until as many others have come, or a second has passed.
  static constexpr std::size_t kHalfOpen = 64;
  std::string text_;
  std::array<int, kHalfOpen> half_open_;
  std::size_t next_ = 0;
  int spare_ = -1;
  DeadlineClock::Watch closing_;
};

}  // namespace truemirror
