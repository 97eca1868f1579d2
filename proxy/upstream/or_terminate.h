// For what must not fail half way: Asio throws where it has no memory, and on the exception's way are objects whose
// threads run. Unlike `noexcept` alone, it tells the handler of std::terminate() what was thrown (gcc does not always).
#pragma once

#include <exception>

namespace truemirror {

template <class What>
void or_terminate(What what) noexcept {
  try {
    what();
  } catch (...) {
    std::terminate();
  }
}

}  // namespace truemirror
