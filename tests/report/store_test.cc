// report.db written and read back; what happens to earlier ones, to foreign ones, and to a writer that is killed.
#include "diff/report/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "diff/report/render.h"
#include "sample_report.h"

namespace truemirror {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReportStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "truemirror-store-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    dir_ = root_ / "report";
  }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const fs::path& dir, const Report& report) {
    auto store = ReportStore::create(dir);
    ASSERT_TRUE(store) << store.error().text;
    const auto written = (*store)->write(report);
    ASSERT_TRUE(written) << written.error().text;
  }
  static Report loaded(const fs::path& path) {
    auto report = load_report(path);
    EXPECT_TRUE(report) << report.error().text;
    return report ? *report : Report{};
  }
  static std::string refusal(const fs::path& path) {
    auto report = load_report(path);
    return report ? "it was read" : report.error().text;
  }
  static std::string create_refusal(const fs::path& dir) {
    auto store = ReportStore::create(dir);
    return store ? "it was made" : store.error().text;
  }
  static void run_sql(const fs::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }
  static unsigned mode_of(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  }

  fs::path root_, dir_;
};

// The JSON shows nearly every field of a report; what it leaves out is compared one by one below.
TEST_F(ReportStoreTest, GivesBackEveryFieldOfAReport) {
  const Report report = rich_report();
  write(dir_, report);
  EXPECT_EQ(render_json(loaded(dir_)), render_json(report));
}

TEST_F(ReportStoreTest, GivesBackAnyBytesAsTheyWere) {
  const Report report = evil_report();
  write(dir_, report);
  const Report back = loaded(dir_);
  ASSERT_EQ(back.findings.size(), report.findings.size());
  const Example& stored = report.findings[0].examples[0];
  const Example& read = back.findings[0].examples[0];
  EXPECT_EQ(read.request.target, stored.request.target);
  EXPECT_EQ(read.request.headers, stored.request.headers);
  EXPECT_EQ(read.stable.body.bytes, stored.stable.body.bytes);
  EXPECT_EQ(read.candidate.body.length, 1'000'000U);
  EXPECT_EQ(read.candidate.body.hash, stored.candidate.body.hash);
  EXPECT_EQ(read.candidate.trailers, stored.candidate.trailers);
  EXPECT_EQ(read.candidate.timing, stored.candidate.timing);
  ASSERT_TRUE(read.control);
  EXPECT_EQ(read.control->error, ArmError::garbage);
  EXPECT_EQ(read.control->error_detail, kEvil);
  EXPECT_EQ(read.divergences[0].arm, stored.divergences[0].arm);
  EXPECT_EQ(back.totals.dropped, report.totals.dropped);
  EXPECT_EQ(back.rules.back().reason, report.rules.back().reason);
}

TEST_F(ReportStoreTest, GivesBackHistogramsByTheirBuckets) {
  const Report report = rich_report();
  write(dir_, report);
  const Histogram& stored = report.endpoints[2].latency.candidate;
  const Histogram read = loaded(dir_).endpoints[2].latency.candidate;
  EXPECT_EQ(read.buckets(), stored.buckets());
  EXPECT_EQ(read.offset(), stored.offset());
  EXPECT_EQ(read.count(), stored.count());
  EXPECT_EQ(read.sum(), stored.sum());
}

TEST_F(ReportStoreTest, ASecondWriteReplacesTheFirstWhole) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  Report report = rich_report();
  ASSERT_TRUE((*store)->write(report));
  report.findings.erase(report.findings.begin() + 1);
  std::swap(report.findings[0], report.findings[3]);
  report.findings[2].examples[0].stable.body = Body("changed");
  report.findings[4].examples.clear();
  report.endpoints.pop_back();
  report.endpoints[0].tests.pop_back();
  report.totals.dropped.erase("too_large");
  report.verdict = Verdict::inconclusive;
  report.run.ended.reset();
  ASSERT_TRUE((*store)->write(report));
  EXPECT_EQ(render_json(loaded(dir_)), render_json(report));
}

TEST_F(ReportStoreTest, WhatHasNotChangedIsNotWrittenAgain) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  Report report = large_report(2000);
  ASSERT_TRUE((*store)->write(report));
  const fs::path log = dir_ / "report.db-wal";
  // Every write of this test that changes rows of the tables makes the log longer.
  run_sql(dir_ / "report.db", "PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_EQ(fs::file_size(log), 0U);
  ++report.totals.requests;
  ++report.findings[700].candidate_only;
  ASSERT_TRUE((*store)->write(report));
  EXPECT_GT(fs::file_size(log), 0U);
  EXPECT_LT(fs::file_size(log), 64U << 10U) << "2,000 findings take megabytes";
  EXPECT_EQ(loaded(dir_).findings[700].candidate_only, report.findings[700].candidate_only);
}

TEST_F(ReportStoreTest, OnlyTheOwnerMayRead) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  ASSERT_TRUE((*store)->write(rich_report()));
  EXPECT_EQ(mode_of(dir_), 0700U);
  EXPECT_EQ(mode_of(dir_ / "report.db"), 0600U);
  EXPECT_EQ(mode_of(dir_ / "report.db-wal"), 0600U);
}

TEST_F(ReportStoreTest, AnEarlierReportIsRenamedAndStaysReadable) {
  const Report first = rich_report();
  write(dir_, first);
  Report second = rich_report();
  second.run.id = "second";
  write(dir_, second);
  write(dir_, second);
  EXPECT_EQ(loaded(dir_).run.id, "second");
  EXPECT_EQ(render_json(loaded(dir_ / "report-7f3a9c21.db")), render_json(first));
  write(dir_, first);
  EXPECT_EQ(loaded(dir_ / "report-second.db").run.id, "second");
  EXPECT_EQ(loaded(dir_ / "report-second-2.db").run.id, "second") << "a name that is taken is not taken twice";
}

TEST_F(ReportStoreTest, ARunIdCannotLeaveTheFolder) {
  Report report = rich_report();
  report.run.id = "../../evil/run";
  write(dir_, report);
  write(dir_, rich_report());
  EXPECT_EQ(loaded(dir_ / "report-______evil_run.db").run.id, report.run.id);
}

TEST_F(ReportStoreTest, AForeignReportDbIsRefusedAndLeftAlone) {
  fs::create_directory(dir_);
  std::ofstream(dir_ / "report.db") << "these are somebody's notes, not a database";
  EXPECT_THAT(create_refusal(dir_), HasSubstr("is no SQLite file"));
  EXPECT_THAT(refusal(dir_), HasSubstr("is no SQLite file"));
  EXPECT_EQ(fs::file_size(dir_ / "report.db"), 42U);

  fs::remove(dir_ / "report.db");
  run_sql(dir_ / "report.db", "CREATE TABLE notes (text)");
  EXPECT_THAT(create_refusal(dir_), HasSubstr("not a truemirror report"));
  EXPECT_THAT(refusal(dir_ / "report.db"), HasSubstr("not a truemirror report"));
  EXPECT_TRUE(fs::exists(dir_ / "report.db"));
}

TEST_F(ReportStoreTest, WrongPathsAreNamedWithWhatWouldBeRight) {
  EXPECT_THAT(refusal(dir_), HasSubstr("does not exist; give the folder"));
  fs::create_directory(dir_);
  EXPECT_THAT(refusal(dir_), HasSubstr("holds no report.db; give the folder"));
  std::ofstream(root_ / "file") << "x";
  EXPECT_THAT(create_refusal(root_ / "file"), HasSubstr("is a file; give the name of a folder"));
  {
    auto store = ReportStore::create(dir_);
  }
  EXPECT_THAT(refusal(dir_), HasSubstr("holds no report yet"));
}

TEST_F(ReportStoreTest, ANewerSchemaIsRefused) {
  write(dir_, rich_report());
  run_sql(dir_ / "report.db", "UPDATE run SET schema_version = 99");
  EXPECT_THAT(refusal(dir_), HasSubstr("schema version 99, this program reads 1"));
}

TEST_F(ReportStoreTest, DamageIsReportedNotFollowed) {
  for (const char* damage : {"UPDATE finding SET kind = 'nonsense'", "UPDATE response SET headers = '{]'",
                             "UPDATE latency SET buckets = '[1,2'", "DROP TABLE divergence"}) {
    write(dir_, rich_report());
    run_sql(dir_ / "report.db", damage);
    EXPECT_THAT(refusal(dir_), HasSubstr("is damaged")) << damage;
  }
}

TEST_F(ReportStoreTest, ATruncatedFileIsAProblemNotACrash) {
  write(dir_, rich_report());
  const auto size = fs::file_size(dir_ / "report.db");
  for (const auto keep : {size / 2, size / 10, std::uintmax_t{50}}) {
    fs::resize_file(dir_ / "report.db", keep);
    EXPECT_THAT(refusal(dir_), HasSubstr("report.db"));
  }
}

TEST_F(ReportStoreTest, AFolderHasOneWriterAtATime) {
  auto first = ReportStore::create(dir_);
  ASSERT_TRUE(first) << first.error().text;
  ASSERT_TRUE((*first)->write(rich_report()));
  EXPECT_THAT(create_refusal(dir_), HasSubstr("in use by another truemirror"));
  EXPECT_TRUE((*first)->write(rich_report()));
  EXPECT_EQ(loaded(dir_).run.id, "7f3a9c21");
}

TEST_F(ReportStoreTest, AClaimLeavesTheEarlierReportInItsPlace) {
  write(dir_, rich_report());
  {
    auto claimed = ReportStore::claim(dir_);
    ASSERT_TRUE(claimed) << claimed.error().text;
  }
  EXPECT_EQ(loaded(dir_).run.id, "7f3a9c21");
  auto claimed = ReportStore::claim(dir_);
  ASSERT_TRUE(claimed) << claimed.error().text;
  ASSERT_TRUE((*claimed)->begin());
  EXPECT_THAT(refusal(dir_), HasSubstr("holds no report yet"));
  EXPECT_EQ(loaded(dir_ / "report-7f3a9c21.db").run.id, "7f3a9c21");
}

TEST_F(ReportStoreTest, ADamagedReportIsSetAsideUnderThatName) {
  write(dir_, rich_report());
  std::string bytes;
  {
    std::ifstream in(dir_ / "report.db", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  constexpr std::size_t kPage = 4096;  // the first holds who made the file
  ASSERT_GT(bytes.size(), 2 * kPage);
  std::fill(bytes.begin() + kPage, bytes.end(), '\xAA');
  std::ofstream(dir_ / "report.db", std::ios::binary) << bytes;
  write(dir_, rich_report());
  EXPECT_EQ(loaded(dir_).run.id, "7f3a9c21");
  EXPECT_EQ(fs::file_size(dir_ / "report-damaged.db"), bytes.size());
}

// A run was killed, its log is not in the file yet, and somebody looks at it without end.
TEST_F(ReportStoreTest, WhoReadsAReportKeepsItAndIsNotInTheWay) {
  const fs::path killed = root_ / "killed";
  fs::create_directory(killed);
  {
    auto store = ReportStore::create(dir_);
    ASSERT_TRUE(store) << store.error().text;
    ASSERT_TRUE((*store)->write(rich_report()));
    for (const char* name : {"report.db", "report.db-wal"}) fs::copy_file(dir_ / name, killed / name);
  }
  ASSERT_GT(fs::file_size(killed / "report.db-wal"), 0U);
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open((killed / "report.db").c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT id FROM run", nullptr, nullptr, nullptr), SQLITE_OK);

  Report next = rich_report();
  next.run.id = "next";
  write(killed, next);
  EXPECT_EQ(loaded(killed).run.id, "next");
  EXPECT_EQ(loaded(killed / "report-7f3a9c21.db").findings.size(), rich_report().findings.size());
  EXPECT_EQ(sqlite3_exec(reader, "SELECT id FROM run", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(reader);
}

TEST_F(ReportStoreTest, AReportThatIsMovedAwayKeepsWhatItHadAndANewOneIsBegun) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  Report report = large_report(20);
  ASSERT_TRUE((*store)->write(report));
  fs::rename(dir_ / "report.db", root_ / "moved.db");
  report.totals.requests = 4711;
  const auto written = (*store)->write(report);
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(loaded(root_ / "moved.db").findings.size(), 20U);
  EXPECT_EQ(render_json(loaded(dir_)), render_json(report));
}

TEST_F(ReportStoreTest, AReportThatIsTakenAwayIsAProblem) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  fs::remove_all(dir_);
  const auto written = (*store)->write(rich_report());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().text, HasSubstr("was removed or replaced"));
}

TEST_F(ReportStoreTest, AReaderSeesOneMomentWhileAnotherWrites) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  Report report = rich_report();
  for (std::uint64_t round = 1; round <= 20; ++round) {
    report.totals.requests = round;
    report.endpoints[0].pairs = round;
    report.findings[0].both = round;
    ASSERT_TRUE((*store)->write(report));
    const Report read = loaded(dir_);
    EXPECT_EQ(read.totals.requests, round);
    EXPECT_EQ(read.endpoints[0].pairs, round);
    EXPECT_EQ(read.findings[0].both, round);
  }
}

TEST_F(ReportStoreTest, ACopyOfAReportInAFolderThatCannotBeWrittenIsRead) {
  write(dir_, rich_report());
  fs::permissions(dir_ / "report.db", fs::perms::owner_read);
  fs::permissions(dir_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(loaded(dir_).run.id, "7f3a9c21");
  fs::permissions(dir_, fs::perms::owner_all);
}

// Invariant 9. The child writes without end and says after each write that it is done; it is killed in the middle of
// one.
TEST_F(ReportStoreTest, AKilledWriterLeavesItsLastWholeWrite) {
  int said[2];
  ASSERT_EQ(::pipe2(said, O_CLOEXEC), 0);
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    auto store = ReportStore::create(dir_);
    Report report = large_report(50);
    for (std::uint64_t round = 1; store; ++round) {
      report.totals.requests = round;
      for (FindingReport& finding : report.findings) finding.both = round;
      if (!(*store)->write(report) || ::write(said[1], "w", 1) != 1) break;
    }
    ::_exit(1);
  }
  std::string heard(5, '\0');
  std::size_t got = 0;
  while (got < heard.size()) {
    const ssize_t more = ::read(said[0], heard.data() + got, heard.size() - got);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  ::close(said[0]);
  ::close(said[1]);
  ASSERT_EQ(got, heard.size()) << "the writer failed by itself";

  const Report left = loaded(dir_);
  EXPECT_GE(left.totals.requests, 5U);
  ASSERT_EQ(left.findings.size(), 50U);
  for (const FindingReport& finding : left.findings) EXPECT_EQ(finding.both, left.totals.requests);
  write(dir_, rich_report());  // and is never in the way of the next run
  EXPECT_EQ(loaded(dir_).run.id, "7f3a9c21");
}

// What a power cut in the middle of a write leaves: the files as they are on disk, the log cut anywhere.
TEST_F(ReportStoreTest, ALogCutAnywhereGivesAnEarlierWholeWrite) {
  auto store = ReportStore::create(dir_);
  ASSERT_TRUE(store) << store.error().text;
  Report report = large_report(20);
  for (std::uint64_t round = 1; round <= 6; ++round) {
    report.totals.requests = round;
    for (FindingReport& finding : report.findings) finding.both = round;
    ASSERT_TRUE((*store)->write(report));
  }
  const auto size = fs::file_size(dir_ / "report.db-wal");
  ASSERT_GT(size, 0U);
  for (std::uintmax_t cut = size; cut > size / 2; cut -= size / 16) {
    const fs::path copy = root_ / ("cut-" + std::to_string(cut));
    fs::create_directory(copy);
    fs::copy_file(dir_ / "report.db", copy / "report.db");
    fs::copy_file(dir_ / "report.db-wal", copy / "report.db-wal");
    fs::resize_file(copy / "report.db-wal", cut);
    const Report read = loaded(copy);
    for (const FindingReport& finding : read.findings) EXPECT_EQ(finding.both, read.totals.requests);
  }
}

}  // namespace
}  // namespace truemirror
