// The last write of a report, where the file cannot be written for a moment: what goes wrong is mended when the
// reporter says that it went wrong, and no sooner.
#include "proxy/shadow/reporter.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <mutex>

namespace truemirror {
namespace {

// Calls `on_error` when an error is logged, while it lives.
class ErrorWatch {
  struct Sink : spdlog::sinks::base_sink<std::mutex> {
    explicit Sink(std::function<void()> call) : on_error(std::move(call)) {}
    void sink_it_(const spdlog::details::log_msg& line) override {
      if (line.level == spdlog::level::err) on_error();
    }
    void flush_() override {}
    std::function<void()> on_error;
  };

 public:
  explicit ErrorWatch(std::function<void()> on_error) {
    spdlog::default_logger()->sinks().push_back(std::make_shared<Sink>(std::move(on_error)));
  }
  ~ErrorWatch() { spdlog::default_logger()->sinks().pop_back(); }
  ErrorWatch(const ErrorWatch&) = delete;
};

class ReporterTest : public ::testing::Test {
 public:
  ~ReporterTest() override {
    reporter_.reset();
    std::filesystem::remove_all(folder_);
  }

 protected:
  ReporterTest() : folder_(std::filesystem::temp_directory_path() / "reporter-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto store = ReportStore::create(folder_);
    EXPECT_TRUE(store);
    reporter_.emplace(*std::move(store), [] { return Report(); });
    last_.run.id = "the-last-write";
    last_.run.source = "serve";
  }
  // Another file where the report was: nothing can be stored.
  void replace() {
    std::filesystem::rename(folder_ / "report.db", folder_ / "aside.db");
    std::ofstream(folder_ / "report.db") << "nothing of ours";
  }
  void put_back() { std::filesystem::rename(folder_ / "aside.db", folder_ / "report.db"); }

  std::filesystem::path folder_;
  std::optional<Reporter> reporter_;
  Report last_;
};

TEST_F(ReporterTest, ALastWriteThatFailsForAMomentIsTriedAgainAtOnce) {
  replace();
  int errors = 0;
  const ErrorWatch watch([&] {
    if (++errors == 1) put_back();
  });
  EXPECT_TRUE(reporter_->finish(last_));
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(load_report(folder_).value().run.id, "the-last-write");
}

TEST_F(ReporterTest, ALastWriteThatFailsForGoodIsToldOnceAndIsAFailure) {
  replace();
  int errors = 0;
  const ErrorWatch watch([&] { ++errors; });
  EXPECT_FALSE(reporter_->finish(last_));
  EXPECT_EQ(errors, 1);
}

}  // namespace
}  // namespace truemirror
