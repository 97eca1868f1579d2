// Preloaded into the real program (LD_PRELOAD): makes the Nth call of one kind fail, with the error that the system has
// for it, and counts the calls of every kind. Works beneath the sanitizers, too: what does not fail goes to whatever
// would have been called.
//   FAULT_CONTROL  the file of control.h; without it nothing is done
//   FAULT_KIND     a name of kKinds
//   FAULT_NTH      which call fails, from 1; 0: none
//   FAULT_TIMES    how many from that one on (1); `short` writes one byte instead of failing, each time
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <new>

#include "tests/faults/control.h"

namespace truemirror::faults {
namespace {

constinit Control* control = nullptr;
constinit std::size_t failing_kind = kKinds.size();
constinit std::uint64_t first = 0, times = 1;
constinit bool shortened = false;
constinit thread_local bool inside = false;  // operator new calls malloc: one allocation

// Raw system calls: this runs before a sanitizer is ready.
__attribute__((constructor)) void begin() {
  const char* file = std::getenv("FAULT_CONTROL");
  if (file == nullptr) return;
  const long fd = ::syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  const long at = ::syscall(SYS_mmap, nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::syscall(SYS_close, fd);
  const char* kind = std::getenv("FAULT_KIND");
  for (std::size_t each = 0; kind != nullptr && each < kKinds.size(); ++each) {
    if (kKinds.at(each) == kind) failing_kind = each;
  }
  if (const char* nth = std::getenv("FAULT_NTH")) first = std::strtoull(nth, nullptr, 10);
  if (const char* many = std::getenv("FAULT_TIMES")) {
    shortened = std::strcmp(many, "short") == 0;
    times = shortened ? UINT64_MAX : std::strtoull(many, nullptr, 10);
  }
  // A system call returns its address as a number.  NOLINTNEXTLINE(performance-no-int-to-ptr)
  if (at > 0) control = reinterpret_cast<Control*>(at);
}

// Counts a call, and says whether it is to fail.
bool fails(Kind kind) {
  if (control == nullptr || control->armed.load(std::memory_order_relaxed) == 0) return false;
  const auto which = static_cast<std::size_t>(kind);
  const std::uint64_t now = control->calls.at(which).fetch_add(1, std::memory_order_relaxed) + 1;
  if (which != failing_kind || first == 0 || now < first || now - first >= times) return false;
  control->failed.fetch_add(1, std::memory_order_relaxed);
  return true;
}

enum class Descriptor : std::uint8_t { socket, file, other };

// The loop's own descriptors (epoll, eventfd, timerfd) do not fail in life, and a terminal or pipe is nobody's answer.
Descriptor what_is(int fd) {
  struct stat about{};
  const int kept = errno;
  const bool known = ::fstat(fd, &about) == 0;
  errno = kept;
  if (!known) return Descriptor::other;
  return S_ISSOCK(about.st_mode) ? Descriptor::socket : S_ISREG(about.st_mode) ? Descriptor::file : Descriptor::other;
}

bool fails_on(int fd, Kind on_socket, Kind on_file) {
  if (control == nullptr || fd == STDERR_FILENO) return false;
  const Descriptor what = what_is(fd);
  return what != Descriptor::other && fails(what == Descriptor::socket ? on_socket : on_file);
}

template <class T>
T error(int code, T result) {
  errno = code;
  return result;
}

int code_of(int fd, int on_socket, int on_file) { return what_is(fd) == Descriptor::socket ? on_socket : on_file; }

// A write that finds the peer gone: what it has sent before can still be read.
bool hangs_up(int fd) {
  if (!fails_on(fd, Kind::hangup, Kind::hangup)) return false;
  ::shutdown(fd, SHUT_RDWR);
  errno = EPIPE;
  return true;
}

void* out_of_memory() {
  for (;;) {
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

}  // namespace
}  // namespace truemirror::faults

using namespace truemirror::faults;  // NOLINT(google-build-using-namespace): what follows has to be in no namespace

// The function that would have been called. No guarded static: malloc is among them.
#define REAL(name)                         \
  static decltype(&::name) real = nullptr; \
  if (real == nullptr) real = reinterpret_cast<decltype(&::name)>(::dlsym(RTLD_NEXT, #name))

extern "C" {

// Sockets, and files that are read and written in order.

ssize_t read(int fd, void* into, size_t size) {
  REAL(read);
  return fails_on(fd, Kind::read, Kind::pread) ? error<ssize_t>(code_of(fd, ECONNRESET, EIO), -1)
                                               : real(fd, into, size);
}
ssize_t recv(int fd, void* into, size_t size, int flags) {
  REAL(recv);
  return fails_on(fd, Kind::read, Kind::read) ? error<ssize_t>(ECONNRESET, -1) : real(fd, into, size, flags);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
  REAL(recvmsg);
  return fails_on(fd, Kind::read, Kind::read) ? error<ssize_t>(ECONNRESET, -1) : real(fd, message, flags);
}
ssize_t write(int fd, const void* from, size_t size) {
  REAL(write);
  if (!fails_on(fd, Kind::write, Kind::pwrite)) return real(fd, from, size);
  return shortened ? real(fd, from, size < 1 ? size : 1) : error<ssize_t>(code_of(fd, ENOBUFS, ENOSPC), -1);
}
ssize_t send(int fd, const void* from, size_t size, int flags) {
  REAL(send);
  if (hangs_up(fd)) return -1;
  if (!fails_on(fd, Kind::write, Kind::write)) return real(fd, from, size, flags);
  return shortened ? real(fd, from, size < 1 ? size : 1, flags) : error<ssize_t>(ENOBUFS, -1);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  REAL(sendmsg);
  if (hangs_up(fd)) return -1;
  if (!fails_on(fd, Kind::write, Kind::write)) return real(fd, message, flags);
  if (!shortened) return error<ssize_t>(ENOBUFS, -1);
  msghdr little = *message;
  iovec first_byte{};
  for (std::size_t at = 0; at < message->msg_iovlen && first_byte.iov_len == 0; ++at) first_byte = message->msg_iov[at];
  if (first_byte.iov_len > 1) first_byte.iov_len = 1;
  little.msg_iov = &first_byte;
  little.msg_iovlen = 1;
  return real(fd, &little, flags);
}
int connect(int fd, const sockaddr* to, socklen_t size) {
  REAL(connect);
  return fails(Kind::connect) ? error(EADDRNOTAVAIL, -1) : real(fd, to, size);
}
int accept(int fd, sockaddr* from, socklen_t* size) {
  REAL(accept);
  return fails(Kind::accept) ? error(EMFILE, -1) : real(fd, from, size);
}
int accept4(int fd, sockaddr* from, socklen_t* size, int flags) {
  REAL(accept4);
  return fails(Kind::accept) ? error(EMFILE, -1) : real(fd, from, size, flags);
}
int socket(int domain, int type, int protocol) noexcept {
  REAL(socket);
  return fails(Kind::socket) ? error(EMFILE, -1) : real(domain, type, protocol);
}
int epoll_create1(int flags) noexcept {
  REAL(epoll_create1);
  return fails(Kind::epoll) ? error(EMFILE, -1) : real(flags);
}
int epoll_ctl(int fd, int operation, int about, epoll_event* event) noexcept {
  REAL(epoll_ctl);
  // What is registered stays so: only adding wants memory.
  return operation == EPOLL_CTL_ADD && fails(Kind::epoll) ? error(ENOSPC, -1) : real(fd, operation, about, event);
}

// Files.

#define OPENS(name, ...)                                                                 \
  int name(__VA_ARGS__ __VA_OPT__(, ) const char* file, int flags, ...) {                \
    REAL(name);                                                                          \
    va_list more;                                                                        \
    va_start(more, flags);                                                               \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                                        \
    return fails(Kind::open) ? error(EMFILE, -1) : real(PASS_ON file, flags, mode);      \
  }
#define PASS_ON
OPENS(open)
OPENS(open64)
#undef PASS_ON
#define PASS_ON folder,
OPENS(openat, int folder)
OPENS(openat64, int folder)
#undef PASS_ON
#undef OPENS

int fsync(int fd) {
  REAL(fsync);
  return fails(Kind::sync) ? error(EIO, -1) : real(fd);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return fails(Kind::sync) ? error(EIO, -1) : real(fd);
}
int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return fails(Kind::rename) ? error(EIO, -1) : real(from, to);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  REAL(renameat2);
  return fails(Kind::rename) ? error(EIO, -1) : real(from_folder, from, to_folder, to, flags);
}
int link(const char* from, const char* to) noexcept {
  REAL(link);
  return fails(Kind::rename) ? error(EPERM, -1) : real(from, to);
}
int unlink(const char* file) noexcept {
  REAL(unlink);
  return fails(Kind::rename) ? error(EIO, -1) : real(file);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) {
  REAL(pwrite);
  if (!fails(Kind::pwrite)) return real(fd, from, size, at);
  return shortened ? real(fd, from, size < 1 ? size : 1, at) : error<ssize_t>(ENOSPC, -1);
}
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
  REAL(pwrite64);
  if (!fails(Kind::pwrite)) return real(fd, from, size, at);
  return shortened ? real(fd, from, size < 1 ? size : 1, at) : error<ssize_t>(ENOSPC, -1);
}
ssize_t pread(int fd, void* into, size_t size, off_t at) {
  REAL(pread);
  return fails(Kind::pread) ? error<ssize_t>(EIO, -1) : real(fd, into, size, at);
}
ssize_t pread64(int fd, void* into, size_t size, off64_t at) {
  REAL(pread64);
  return fails(Kind::pread) ? error<ssize_t>(EIO, -1) : real(fd, into, size, at);
}
int ftruncate(int fd, off_t size) noexcept {
  REAL(ftruncate);
  return fails(Kind::truncate) ? error(EIO, -1) : real(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
  REAL(ftruncate64);
  return fails(Kind::truncate) ? error(EIO, -1) : real(fd, size);
}
// Of files: what allocators map is `alloc`.
void* mmap(void* wish, size_t size, int protection, int flags, int fd, off_t at) noexcept {
  REAL(mmap);
  return fd >= 0 && fails(Kind::map) ? error(ENOMEM, MAP_FAILED) : real(wish, size, protection, flags, fd, at);
}
void* mmap64(void* wish, size_t size, int protection, int flags, int fd, off64_t at) noexcept {
  REAL(mmap64);
  return fd >= 0 && fails(Kind::map) ? error(ENOMEM, MAP_FAILED) : real(wish, size, protection, flags, fd, at);
}
int pthread_create(pthread_t* made, const pthread_attr_t* how, void* (*run)(void*), void* argument) noexcept {
  REAL(pthread_create);
  return fails(Kind::thread) ? EAGAIN : real(made, how, run, argument);
}

// Memory. What fails is said as the C library and libstdc++ say it.

void* malloc(size_t size) noexcept {
  REAL(malloc);
  return !inside && fails(Kind::alloc) ? error<void*>(ENOMEM, nullptr) : real(size);
}
void* calloc(size_t count, size_t size) noexcept {
  REAL(calloc);
  return !inside && fails(Kind::alloc) ? error<void*>(ENOMEM, nullptr) : real(count, size);
}
void* realloc(void* from, size_t size) noexcept {
  REAL(realloc);
  return !inside && size > 0 && fails(Kind::alloc) ? error<void*>(ENOMEM, nullptr) : real(from, size);
}
int posix_memalign(void** made, size_t alignment, size_t size) noexcept {
  REAL(posix_memalign);
  return !inside && fails(Kind::alloc) ? ENOMEM : real(made, alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  REAL(aligned_alloc);
  return !inside && fails(Kind::alloc) ? error<void*>(ENOMEM, nullptr) : real(alignment, size);
}

}  // extern "C"

namespace {

// operator new of whoever comes next (a sanitizer, libstdc++), by its mangled name.
template <class... Arguments>
void* allocate(void* (*&real)(Arguments...), const char* name, Arguments... arguments) {
  if (real == nullptr) real = reinterpret_cast<void* (*)(Arguments...)>(::dlsym(RTLD_NEXT, name));
  if (!inside && fails(Kind::alloc)) return out_of_memory();
  const bool was = inside;
  inside = true;
  void* const made = real(arguments...);
  inside = was;
  return made;
}

}  // namespace

void* operator new(std::size_t size) {
  static void* (*real)(std::size_t) = nullptr;
  return allocate(real, "_Znwm", size);
}
void* operator new[](std::size_t size) {
  static void* (*real)(std::size_t) = nullptr;
  return allocate(real, "_Znam", size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  static void* (*real)(std::size_t, std::align_val_t) = nullptr;
  return allocate(real, "_ZnwmSt11align_val_t", size, alignment);
}
