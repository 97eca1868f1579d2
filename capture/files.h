// The few things a capture asks of the file system, as one interface, so that a test can let any of them fail.
// Every call returns an errno value, 0 where it went well. Blocking: the capture thread's alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace truemirror {

class CaptureFiles {
 public:
  virtual ~CaptureFiles() = default;
  // Folders that are missing, 0700.
  [[nodiscard]] virtual int make_folder(const std::filesystem::path& folder) = 0;
  // Creates and opens, 0600; EEXIST where the file exists.
  [[nodiscard]] virtual int create(const std::filesystem::path& file, int& fd) = 0;
  // All of the bytes at the offset, or an error; some may have been written then.
  [[nodiscard]] virtual int write(int fd, std::string_view bytes, std::uint64_t offset) = 0;
  [[nodiscard]] virtual int truncate(int fd, std::uint64_t size) = 0;
  [[nodiscard]] virtual int sync(int fd) = 0;
  virtual void close(int fd) = 0;
  // EEXIST where the new name is taken: nothing is ever replaced.
  [[nodiscard]] virtual int rename_new(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  [[nodiscard]] virtual int sync_folder(const std::filesystem::path& folder) = 0;
};

// The real ones.
[[nodiscard]] std::shared_ptr<CaptureFiles> posix_capture_files();

}  // namespace truemirror
