// Only dispatches: parsing is cli/'s, and so are the commands. And says how the program ends where there is no memory.
#include <malloc.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "proxy/cli/commands.h"

namespace {

// As if killed, but with a word: half of what was wanted must not go on, and what report and capture held can be read
// after a kill (invariant 9). Called where `new` fails, on any thread.
[[noreturn]] void end_without_memory() {
  constexpr std::string_view kText =
      "truemirror: out of memory; it ends at once. What report and capture held until now can be read\n";
  (void)!::write(STDERR_FILENO, kText.data(), kText.size());  // where nobody listens there is nobody to tell
  ::_exit(truemirror::kRuntime);
}

std::terminate_handler ends_otherwise = nullptr;

// Not all memory is asked for with `new`: Asio throws bad_alloc by itself. Other exceptions end as they would have.
[[noreturn]] void end_after_exception() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (const std::exception&) {
    ends_otherwise();
  }
  ends_otherwise();
  std::abort();
}

}  // namespace

// Copies of large bodies go back to the system when they are freed. Left to itself glibc takes that for a reason to
// keep the next ones in its heaps, for good: after 1,000 slow downloads, all mirrored, 384 MiB stayed, and so 100.
constexpr int kMapFrom = 256 << 10;

int main(int argc, char** argv) {
  (void)::mallopt(M_MMAP_THRESHOLD, kMapFrom);  // only larger without
  std::set_new_handler(end_without_memory);
  ends_otherwise = std::set_terminate(end_after_exception);
  // OpenSSL makes its global state at the first call that wants it, and where there is no memory for it goes on
  // without: its random generator then takes a lock that was never made (SIGSEGV).
  if (OSSL_LIB_CTX_get0_global_default() == nullptr) end_without_memory();
  return truemirror::run_cli(argc, argv,
                             {truemirror::serve_command, truemirror::replay_command, truemirror::diff_command});
}
