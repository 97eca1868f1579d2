#include "capture/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace truemirror {
namespace {

class PosixFiles : public CaptureFiles {
 public:
  int make_folder(const std::filesystem::path& folder) override {
    std::filesystem::path built;
    for (const std::filesystem::path& part : folder) {
      built /= part;
      if (::mkdir(built.c_str(), 0700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS) return errno;
    }
    struct stat about{};
    if (::stat(folder.c_str(), &about) != 0) return errno;
    return S_ISDIR(about.st_mode) ? 0 : ENOTDIR;
  }

  int create(const std::filesystem::path& file, int& fd) override {
    fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? errno : 0;
  }

  int write(int fd, std::string_view bytes, std::uint64_t offset) override {
    while (!bytes.empty()) {
      const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return done < 0 ? errno : ENOSPC;
      bytes.remove_prefix(static_cast<std::size_t>(done));
      offset += static_cast<std::uint64_t>(done);
    }
    return 0;
  }

  int truncate(int fd, std::uint64_t size) override {
    return ::ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : errno;
  }

  int sync(int fd) override { return ::fsync(fd) == 0 ? 0 : errno; }
  void close(int fd) override { ::close(fd); }

  int rename_new(const std::filesystem::path& from, const std::filesystem::path& to) override {
    // A hard link refuses to replace on every file system that has them; renameat2 is for those that do not.
    if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
    if (errno == EEXIST) return EEXIST;
    return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  }

  int sync_folder(const std::filesystem::path& folder) override {
    const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    return failed;
  }
};

}  // namespace

std::shared_ptr<CaptureFiles> posix_capture_files() { return std::make_shared<PosixFiles>(); }

}  // namespace truemirror
