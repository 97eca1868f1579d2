// What to do where a C library says that it has no memory: the same as `new` does, so that it ends the program alike.
#pragma once

#include <new>

namespace truemirror {

[[noreturn]] inline void out_of_memory() {
  if (const std::new_handler ends = std::get_new_handler()) ends();
  throw std::bad_alloc();
}

}  // namespace truemirror
