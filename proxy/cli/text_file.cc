#include "proxy/cli/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace truemirror {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Problem failed(const std::filesystem::path& file, std::string_view what) {
  return {file.string() + ": " + std::string(what) + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t limit) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return failed(file, "cannot be read");
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n == 0) return {boost::system::in_place_value, std::move(text)};
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(file, "cannot be read");
    text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > limit)
      return Problem{file.string() + ": has over " + std::to_string(limit >> 20) + " MiB; is it the right file?"};
  }
}

Result<void> write_private_file(const std::filesystem::path& file, std::string_view text) {
  struct stat there{};
  if (::lstat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    return Problem{file.string() + ": is there and no regular file; name another one"};
  }
  std::string draft = file.string() + ".XXXXXX";
  const Descriptor fd(::mkostemp(draft.data(), O_CLOEXEC));  // 0600
  if (fd.get() < 0) return failed(file, "cannot be written");
  if (!write_all(fd.get(), text) || ::fsync(fd.get()) != 0 || ::rename(draft.c_str(), file.c_str()) != 0) {
    const Problem problem = failed(file, "cannot be written");
    ::unlink(draft.c_str());
    return problem;
  }
  return boost::system::in_place_value;
}

}  // namespace truemirror
