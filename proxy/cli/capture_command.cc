// `truemirror capture`: looks into capture files, and carries exchanges between them and other tools' files.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "capture/redact.h"
#include "capture/text.h"
#include "capture/transfer.h"
#include "capture/writer.h"
#include "proxy/cli/commands.h"

namespace truemirror {
namespace {

int failed(const Problem& problem, ExitCode code) {
  std::cerr << "truemirror capture: " << problem.text << "\n";
  return code;
}

// After printing: whether it arrived, and what could not be read.
int finish(const Result<void>& printed, const ReadStats& stats) {
  std::cout << std::flush;
  if (printed.has_error()) return failed(printed.error(), kUsage);
  for (const std::string& problem : stats.problems) std::cerr << "truemirror capture: " << problem << "\n";
  return std::cout ? kDone : failed({"stdout could not be written"}, kRuntime);
}

int list(const CaptureArguments& arguments) {
  ReadStats stats;
  const Result<void> printed = capture_ls(arguments.files, std::cout, &stats);
  return finish(printed, stats);
}

int print(const CaptureArguments& arguments) {
  ReadStats stats;
  const Result<void> printed = capture_cat(arguments.files, {arguments.json, arguments.id}, std::cout, &stats);
  return finish(printed, stats);
}

int verify(const CaptureArguments& arguments) {
  const Result<bool> intact = capture_verify(arguments.files, std::cout);
  std::cout << std::flush;
  if (intact.has_error()) return failed(intact.error(), kUsage);
  return *intact ? kDone : kFailed;
}

int print_dictionary(const CaptureArguments& arguments) {
  if (arguments.files.size() != 1) return failed({"dict takes one segment: each may have another dictionary"}, kUsage);
  if (::isatty(STDOUT_FILENO) == 1) return failed({"a dictionary is binary; send it to a file: > NAME.dict"}, kUsage);
  return finish(capture_dict(arguments.files.front(), std::cout), {});
}

void tell(const TransferStats& stats, const std::string& what) {
  std::cerr << what << " " << stats.exchanges << " exchanges\n";
  for (const auto& [left_out, count] : stats.lost) std::cerr << "left out: " << count << " " << left_out << "\n";
}

std::string import_run_id() {
  return "import-" + std::to_string(std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1));
}

// Redacts what comes in, as serve does, and waits for the disk instead of shedding. The capture begins with the first
// exchange: a file that holds none leaves nothing behind.
class Import {
 public:
  explicit Import(CaptureOptions options) : options_(std::move(options)), enough_(options_.queue_bytes / 2) {}

  bool take(CapturedExchange&& exchange) {
    if (!writer_ && !open()) return false;
    waiting_ += exchange.footprint();
    if (waiting_ > enough_) {
      writer_->flush();
      waiting_ = exchange.footprint();
    }
    ++taken_;
    show_progress();
    return writer_->offer(std::move(exchange));
  }
  void end_progress() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }
  // What was written; nothing where no exchange came.
  CaptureStats close() {
    if (!writer_) return {};
    writer_->close();
    return writer_->stats();
  }
  [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }

 private:
  bool open() {
    if (problem_) return false;
    auto writer = CaptureWriter::open(options_);
    if (writer.has_error()) return problem_ = writer.error(), false;
    writer_ = *std::move(writer);
    return true;
  }
  void show_progress() {
    constexpr std::uint64_t kEvery = 1000;
    if (terminal_ && taken_ % kEvery == 0) std::cerr << "\r" << taken_ << " exchanges" << std::flush;
  }

  CaptureOptions options_;
  std::size_t enough_, waiting_ = 0;
  std::unique_ptr<CaptureWriter> writer_;
  std::optional<Problem> problem_;
  std::uint64_t taken_ = 0;
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
};

int import_other(const CaptureArguments& arguments) {
  CaptureOptions options;
  options.dir = *arguments.output;
  options.run = import_run_id();
  options.version = version();
  options.redaction_hash = redaction_policy_hash({});
  auto redactor = make_redactor({});
  if (redactor.has_error()) return failed(redactor.error(), kRuntime);
  options.redactor = *std::move(redactor);
  Import into(std::move(options));
  for (const auto& file : arguments.files) {
    const auto stats = import_exchanges(file, [&](CapturedExchange&& each) { return into.take(std::move(each)); });
    into.end_progress();
    if (into.problem()) return failed(*into.problem(), kRuntime);
    if (stats.has_error()) return failed(stats.error(), kUsage);
    tell(*stats, file.string() + ": read");
  }
  const CaptureStats written = into.close();
  for (const auto& [reason, count] : written.dropped) std::cerr << "not written: " << count << " " << reason << "\n";
  if (!written.dropped.empty()) return failed({written.last_problem}, kRuntime);
  if (written.exchanges == 0) return failed({"there was no exchange to import; no capture was made"}, kUsage);
  std::cout << arguments.output->string() << ": " << written.exchanges << " exchanges\n" << std::flush;
  return kDone;
}

int export_other(const CaptureArguments& arguments) {
  const ExportFormat format = arguments.har ? ExportFormat::har : ExportFormat::gor;
  if (!arguments.output) {
    const auto stats = export_exchanges(arguments.files, format, std::cout);
    if (stats.has_error()) return failed(stats.error(), kUsage);
    tell(*stats, "wrote");
    return kDone;
  }
  const ::mode_t before = ::umask(0077);
  std::error_code error;
  const bool exists = std::filesystem::exists(std::filesystem::symlink_status(*arguments.output, error));
  std::ofstream out;
  if (!exists) out.open(*arguments.output, std::ios::binary);
  ::umask(before);
  if (exists) return failed({arguments.output->string() + ": is there already; name another file"}, kUsage);
  if (!out) return failed({arguments.output->string() + ": cannot be written"}, kRuntime);
  const auto stats = export_exchanges(arguments.files, format, out);
  if (stats.has_error()) {
    std::filesystem::remove(*arguments.output, error);  // half an export would be taken for a whole one
    return failed(stats.error(), kUsage);
  }
  tell(*stats, arguments.output->string() + ": wrote");
  return kDone;
}

}  // namespace

int capture_command(const CaptureArguments& arguments) {
  switch (arguments.action) {
    case CaptureAction::ls:
      return list(arguments);
    case CaptureAction::cat:
      return print(arguments);
    case CaptureAction::verify:
      return verify(arguments);
    case CaptureAction::dict:
      return print_dictionary(arguments);
    case CaptureAction::import_other:
      return import_other(arguments);
    case CaptureAction::export_other:
      return export_other(arguments);
  }
  return kUsage;
}

}  // namespace truemirror
