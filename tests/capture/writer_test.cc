#include "capture/writer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <future>

#include "capture/redact.h"
#include "capture/text.h"
#include "fixtures.h"

namespace truemirror {
namespace {

// The real files, with a disk that can be full, and a step that can be watched.
class TestFiles : public CaptureFiles {
 public:
  std::atomic<int> write_error{0};
  std::atomic<bool> cut_fails{false};
  std::function<void()> before_write, after_write;

  int make_folder(const std::filesystem::path& folder) override { return real_->make_folder(folder); }
  int create(const std::filesystem::path& file, int& fd) override { return real_->create(file, fd); }
  int write(int fd, std::string_view bytes, std::uint64_t offset) override {
    if (before_write) before_write();
    if (write_error == 0) {
      const int error = real_->write(fd, bytes, offset);
      if (after_write) after_write();
      return error;
    }
    EXPECT_EQ(real_->write(fd, bytes.substr(0, bytes.size() / 2), offset), 0);  // as a full disk does
    return write_error;
  }
  int truncate(int fd, std::uint64_t size) override { return cut_fails ? EIO : real_->truncate(fd, size); }
  int sync(int fd) override { return real_->sync(fd); }
  void close(int fd) override { real_->close(fd); }
  int rename_new(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_->rename_new(from, to);
  }
  int sync_folder(const std::filesystem::path& folder) override { return real_->sync_folder(folder); }

 private:
  std::shared_ptr<CaptureFiles> real_ = posix_capture_files();
};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat about{};
  EXPECT_EQ(::stat(path.c_str(), &about), 0);
  return about.st_mode & 0777;
}

TEST(CaptureWriter, FilesAreForTheOwnerAloneAndPartialUntilClosed) {
  const TestFolder folder;
  auto writer = CaptureWriter::open(test_options(folder));
  ASSERT_TRUE(writer) << writer.error().text;
  const auto partial = folder / "capture/capture-r1-00001.warc.zst.partial";
  EXPECT_EQ(mode_of(folder / "capture"), 0700U);
  EXPECT_EQ(mode_of(partial), 0600U);
  ASSERT_TRUE((*writer)->offer(small_exchange(1)));
  (*writer)->flush();
  EXPECT_EQ((*writer)->stats().exchanges, 1U);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(*reader).size(), 1U);
  (*writer)->close();
  EXPECT_FALSE(std::filesystem::exists(partial));
  EXPECT_EQ(mode_of(folder / "capture/capture-r1-00001.warc.zst"), 0600U);
}

TEST(CaptureWriter, TheFirstSegmentEndsWhenItHasTaughtADictionaryAndNoOtherDoes) {
  const TestFolder folder;
  std::vector<CapturedExchange> all;
  for (std::uint64_t sequence = 1; sequence <= 6'000; ++sequence) all.push_back(small_exchange(sequence));
  const CaptureStats stats = write_capture(test_options(folder), all);
  EXPECT_EQ(stats.exchanges, 6'000U);
  EXPECT_EQ(stats.segments, 2U);
  std::ostringstream dictionary;
  EXPECT_TRUE(capture_dict(folder / "capture/capture-r1-00002.warc.zst", dictionary));
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(*reader).size(), 6'000U);
}

TEST(CaptureWriter, SegmentsRotateBySizeAndLearnFromTheOneBefore) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  options.segment_bytes = 60'000;
  std::vector<CapturedExchange> all;
  for (std::uint64_t sequence = 1; sequence <= 600; ++sequence) all.push_back(small_exchange(sequence));
  const CaptureStats stats = write_capture(options, all);
  EXPECT_GE(stats.segments, 3U);
  EXPECT_EQ(stats.exchanges, 600U);
  std::ostringstream first, second;
  EXPECT_NE(capture_dict(folder / "capture/capture-r1-00001.warc.zst", first).error().text.find("no dictionary"),
            std::string::npos);
  const auto learnt = folder / "capture/capture-r1-00002.warc.zst";
  ASSERT_TRUE(capture_dict(learnt, second));
  EXPECT_TRUE(second.str().starts_with("\x37\xA4\x30\xEC"));
  // The same number of exchanges takes far less room with a dictionary.
  std::size_t with = 0, without = 0;
  for (const bool dictionary : {false, true}) {
    auto reader = CaptureReader::open({dictionary ? learnt : folder / "capture/capture-r1-00001.warc.zst"});
    ASSERT_TRUE(reader);
    (dictionary ? with : without) = read_all(*reader).size();
  }
  EXPECT_GT(with, without * 3 / 2);
  write_file(folder / "dictionary", second.str());
  const std::string command =
      "zstd -D " + (folder / "dictionary").string() + " -dc " + learnt.string() + " >" + (folder / "plain").string();
  EXPECT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(file_bytes(folder / "plain").starts_with("WARC/1.1\r\n"));
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 600U);
  for (std::size_t at = 0; at < read.size(); ++at) expect_same(read[at], all[at]);
}

TEST(CaptureWriter, ASegmentOfItsAgeIsClosedAndAnEmptyOneIsNot) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  options.segment_age = std::chrono::seconds(0);
  auto writer = CaptureWriter::open(options);
  ASSERT_TRUE(writer);
  (*writer)->flush();
  EXPECT_EQ((*writer)->stats().segments, 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "capture/capture-r1-00001.warc.zst.partial"));
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
    ASSERT_TRUE((*writer)->offer(small_exchange(sequence)));
    (*writer)->flush();
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "capture/capture-r1-00001.warc.zst"));
  EXPECT_TRUE(std::filesystem::exists(folder / "capture/capture-r1-00002.warc.zst"));
}

TEST(CaptureWriter, NeverOverwritesAFile) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "capture");
  write_file(folder / "capture/capture-r1-00001.warc.zst", "mine");
  write_file(folder / "capture/capture-r1-00002.warc.zst.partial", "mine too");
  auto writer = CaptureWriter::open(test_options(folder));
  ASSERT_TRUE(writer) << writer.error().text;
  ASSERT_TRUE((*writer)->offer(small_exchange(1)));
  // Somebody takes the final name while the segment is being written.
  write_file(folder / "capture/capture-r1-00003.warc.zst", "mine as well");
  (*writer)->close();
  EXPECT_EQ(file_bytes(folder / "capture/capture-r1-00001.warc.zst"), "mine");
  EXPECT_EQ(file_bytes(folder / "capture/capture-r1-00002.warc.zst.partial"), "mine too");
  EXPECT_EQ(file_bytes(folder / "capture/capture-r1-00003.warc.zst"), "mine as well");
  auto reader = CaptureReader::open({folder / "capture/capture-r1-00004.warc.zst"});
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_EQ(read_all(*reader).size(), 1U);
}

TEST(CaptureWriter, AFullDiskShedsAndCountsAndGoesOnWhenThereIsRoom) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  auto files = std::make_shared<TestFiles>();
  options.files = files;
  options.flush_interval = std::chrono::milliseconds(0);
  auto writer = CaptureWriter::open(options);
  ASSERT_TRUE(writer);
  const auto offer = [&](std::uint64_t sequence) {
    EXPECT_TRUE((*writer)->offer(small_exchange(sequence)));
    (*writer)->flush();
  };
  offer(1);
  files->write_error = ENOSPC;
  for (std::uint64_t sequence = 2; sequence <= 5; ++sequence) offer(sequence);
  CaptureStats stats = (*writer)->stats();
  EXPECT_EQ(stats.exchanges, 1U);
  EXPECT_EQ(stats.dropped["disk_full"], 4U);
  EXPECT_NE(stats.last_problem.find("No space left"), std::string::npos) << stats.last_problem;
  files->write_error = 0;
  offer(6);
  (*writer)->close();
  EXPECT_EQ((*writer)->stats().exchanges, 2U);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[1].sequence, 6U);
  EXPECT_TRUE(reader->stats().intact());
}

TEST(CaptureWriter, AFileThatCannotEvenBeCutBackIsLeftAndANewOneBegun) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  auto files = std::make_shared<TestFiles>();
  options.files = files;
  options.flush_interval = std::chrono::milliseconds(0);
  auto writer = CaptureWriter::open(options);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->offer(small_exchange(1)));
  (*writer)->flush();
  files->write_error = EIO;
  files->cut_fails = true;
  ASSERT_TRUE((*writer)->offer(small_exchange(2)));
  (*writer)->flush();
  files->write_error = 0;
  ASSERT_TRUE((*writer)->offer(small_exchange(3)));
  (*writer)->close();
  EXPECT_EQ((*writer)->stats().dropped.at("write_error"), 1U);
  EXPECT_EQ((*writer)->stats().segments, 2U);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_EQ(read_all(*reader).size() - reader->stats().incomplete, 2U);
}

TEST(CaptureWriter, AFullQueueShedsAndCountsWithoutWaiting) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  auto files = std::make_shared<TestFiles>();
  std::promise<void> disk_hangs, disk_goes_on;
  options.files = files;
  options.queue_bytes = 4 * small_exchange(1).footprint();
  auto writer = CaptureWriter::open(options);
  ASSERT_TRUE(writer);
  std::atomic<bool> hang{true};
  files->before_write = [&] {
    if (!hang.exchange(false)) return;
    disk_hangs.set_value();
    disk_goes_on.get_future().wait();
  };
  ASSERT_TRUE((*writer)->offer(small_exchange(1)));
  disk_hangs.get_future().wait();
  std::uint64_t taken = 1, shed = 0;
  for (std::uint64_t sequence = 2; sequence <= 20; ++sequence) {
    ((*writer)->offer(small_exchange(sequence)) ? taken : shed)++;
  }
  EXPECT_GE(shed, 15U);
  EXPECT_EQ((*writer)->stats().dropped.at("queue_full"), shed);
  disk_goes_on.set_value();
  (*writer)->close();
  EXPECT_EQ((*writer)->stats().exchanges, taken);
  EXPECT_FALSE((*writer)->offer(small_exchange(21)));
  EXPECT_EQ((*writer)->stats().dropped.at("closed"), 1U);
}

// Runs in a child, which tells of every write through the pipe. Only the clock makes it write: nothing flushes.
[[noreturn]] void write_and_hang(const TestFolder& folder, std::uint64_t exchanges, int pipe) {
  CaptureOptions options = test_options(folder);
  auto files = std::make_shared<TestFiles>();
  files->after_write = [pipe] {
    if (::write(pipe, "x", 1) != 1) ::_exit(1);
  };
  options.files = files;
  options.flush_interval = std::chrono::milliseconds(20);
  auto writer = CaptureWriter::open(options);
  for (std::uint64_t sequence = 1; sequence <= exchanges; ++sequence) (*writer)->offer(small_exchange(sequence));
  for (;;) ::pause();
}

TEST(CaptureWriter, AKilledProcessKeepsWhatTheTimedFlushHasWritten) {
  const TestFolder folder;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) write_and_hang(folder, 300, pipe[1]);
  ::close(pipe[1]);
  // After some write of the child's own accord all are there; if none ever held them this waits for the test's limit.
  std::size_t kept = 0;
  for (char byte = 0; kept < 300;) {
    ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
    auto reader = CaptureReader::open({folder / "capture"});
    ASSERT_TRUE(reader) << reader.error().text;
    kept = read_all(*reader).size();
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(pipe[0]);
  EXPECT_EQ(files_in(folder / "capture"), 1U);
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader) << reader.error().text;
  EXPECT_EQ(read_all(*reader).size(), 300U);
  EXPECT_TRUE(reader->stats().intact());
}

TEST(CaptureWriter, RefusesABadStart) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  options.redactor = nullptr;
  EXPECT_NE(CaptureWriter::open(options).error().text.find("no redactor"), std::string::npos);
  options = test_options(folder);
  options.run.clear();
  EXPECT_NE(CaptureWriter::open(options).error().text.find("no run id"), std::string::npos);
  options = test_options(folder);
  write_file(folder / "capture", "a file where the folder should be");
  EXPECT_NE(CaptureWriter::open(options).error().text.find("Not a directory"), std::string::npos);
  options.dir = "/proc/truemirror";
  EXPECT_FALSE(CaptureWriter::open(options));
}

TEST(CaptureWriter, NothingReachesTheFileUnredacted) {
  const TestFolder folder;
  CaptureOptions options = test_options(folder);
  options.redactor = *make_redactor({});
  CapturedExchange secret = small_exchange(1);
  secret.request.target = "/users/ann@example.org?token=tok-SECRET";
  secret.request.headers.add("Authorization", "Bearer auth-SECRET");
  secret.request.headers.add("Cookie", "sid=cookie-SECRET");
  secret.request.body = Body("password=body-SECRET");
  secret.stable->body = Body(R"({"user":{"password":"json-SECRET"}})");
  secret.stable->headers.set("Content-Length", std::to_string(secret.stable->body.bytes.size()));
  secret.stable->trailers.add("X-Token", "trailer-SECRET");
  secret.stable->error_detail = "odd bytes: token=detail-SECRET";
  secret.candidate = secret.stable;
  write_capture(options, {secret});
  auto reader = CaptureReader::open({folder / "capture"});
  ASSERT_TRUE(reader);
  const auto read = read_all(*reader);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].stable->headers.get("content-length"), std::to_string(read[0].stable->body.bytes.size()));
  EXPECT_EQ(read[0].stable->body.bytes, read[0].candidate->body.bytes);
  std::ostringstream text;
  EXPECT_EQ(std::system(("zstd -dc " + (folder / "capture/capture-r1-00001.warc.zst").string() + " >" +
                         (folder / "plain").string())
                            .c_str()),
            0);
  const std::string plain = file_bytes(folder / "plain");
  EXPECT_EQ(plain.find("SECRET"), std::string::npos) << plain;
  EXPECT_EQ(plain.find("ann@"), std::string::npos) << plain;
  EXPECT_NE(plain.find("Truemirror-Original: content-length=35\r\n"), std::string::npos) << plain;
}

}  // namespace
}  // namespace truemirror
