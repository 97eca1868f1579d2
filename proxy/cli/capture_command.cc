// `truemirror capture`: looks into capture files. Everything printed comes from traffic, so control characters are
// shown, not sent to the terminal.
#include <unistd.h>

#include <iomanip>
#include <iostream>

#include "capture/reader.h"
#include "capture/warc.h"
#include "proxy/cli/commands.h"

namespace truemirror {
namespace {

int failed(const Problem& problem, ExitCode code) {
  std::cerr << "truemirror capture: " << problem.text << "\n";
  return code;
}

// One line of traffic, with bytes that a terminal could obey shown as \xNN.
std::string shown(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string milliseconds(Nanoseconds value) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(value.count()) / 1e6 << "ms";
  return out.str();
}

std::string outcome(const Response& response) {
  if (!response.ok()) return std::string(to_string(response.error));
  return std::to_string(response.status);
}

void list_one(const CapturedExchange& exchange) {
  std::cout << format_wall_time(exchange.at) << "  " << std::setw(6) << exchange.sequence << "  "
            << shown(exchange.request.method) << " " << shown(exchange.request.target);
  for (const Arm arm : kCapturedArms) {
    const auto& response = exchange.arm(arm);
    if (!response) continue;
    std::cout << "  " << to_string(arm) << " " << outcome(*response) << " " << response->body.length << "B "
              << milliseconds(response->latency());
  }
  std::cout << "\n";
}

void print_headers(const Headers& headers) {
  for (const HeaderField& field : headers) std::cout << shown(field.name) << ": " << shown(field.value) << "\n";
}

void print_body(const Body& body) {
  std::cout << "\n";
  if (::isatty(STDOUT_FILENO) == 1) {
    for (std::size_t begin = 0; begin < body.bytes.size();) {
      const std::size_t end = std::min(body.bytes.find('\n', begin), body.bytes.size());
      std::cout << shown(std::string_view(body.bytes).substr(begin, end - begin)) << "\n";
      begin = end + 1;
    }
  } else {
    std::cout << body.bytes << (body.bytes.empty() || body.bytes.ends_with('\n') ? "" : "\n");
  }
  if (body.truncated()) std::cout << "[" << body.bytes.size() << " of " << body.length << " bytes are kept]\n";
}

void print_one(const CapturedExchange& exchange) {
  std::cout << "=== " << format_wall_time(exchange.at) << " exchange " << exchange.sequence << " request\n"
            << shown(exchange.request.method) << " " << shown(exchange.request.target) << " HTTP/1.1\n";
  print_headers(exchange.request.headers);
  print_body(exchange.request.body);
  for (const Arm arm : kCapturedArms) {
    const auto& response = exchange.arm(arm);
    if (!response) continue;
    std::cout << "--- " << to_string(arm) << ", " << milliseconds(response->latency()) << "\n";
    if (!response->ok()) {
      std::cout << "[" << to_string(response->error) << ": " << shown(response->error_detail) << "]\n";
      if (response->status == 0) continue;
    }
    std::cout << "HTTP/1.1 " << response->status << " " << shown(response->reason) << "\n";
    print_headers(response->headers);
    print_body(response->body);
    print_headers(response->trailers);
  }
  std::cout << "\n";
}

void tell_damage(const ReadStats& stats) {
  if (stats.intact()) return;
  std::cerr << "damaged: " << stats.skipped_frames << " places, " << stats.skipped_bytes << " bytes skipped, "
            << stats.incomplete << " exchanges incomplete" << (stats.torn_tail ? ", the end is torn off" : "") << "\n";
  for (const std::string& problem : stats.problems) std::cerr << "  " << shown(problem) << "\n";
}

// Reads all and gives each exchange to `use`; stops early where stdout is gone.
template <class Use>
int each_exchange(const CaptureArguments& arguments, ReadStats& stats, Use use) {
  auto reader = CaptureReader::open(arguments.files);
  if (reader.has_error()) return failed(reader.error(), kUsage);
  CapturedExchange exchange;
  for (;;) {
    const Result<bool> more = reader->next(exchange);
    if (more.has_error()) return failed(more.error(), kRuntime);
    if (!*more || !std::cout) break;
    use(exchange);
  }
  stats = reader->stats();
  std::cout << std::flush;
  return kDone;
}

int print_all(const CaptureArguments& arguments, void (*print)(const CapturedExchange&)) {
  ReadStats stats;
  const int code = each_exchange(arguments, stats, print);
  if (code == kDone) tell_damage(stats);
  return code;
}

int verify(const CaptureArguments& arguments) {
  ReadStats stats;
  const int code = each_exchange(arguments, stats, [](const CapturedExchange&) {});
  if (code != kDone) return code;
  std::cout << (stats.intact() ? "intact" : "damaged") << ": " << stats.exchanges << " exchanges, " << stats.records
            << " records, " << stats.bytes << " bytes\n"
            << std::flush;
  tell_damage(stats);
  return stats.intact() ? kDone : kFailed;
}

int print_dictionary(const CaptureArguments& arguments) {
  if (arguments.files.size() != 1)
    return failed({"dict takes one segment, for each may have another dictionary"}, kUsage);
  auto reader = SegmentReader::open(arguments.files.front());
  if (reader.has_error()) return failed(reader.error(), kUsage);
  WarcRecord first;
  if (const auto read = reader->next(first); read.has_error()) return failed(read.error(), kRuntime);
  if (reader->dictionary().empty()) {
    return failed({arguments.files.front().string() + ": has no dictionary; `zstd -dc` reads it as it is"}, kUsage);
  }
  if (::isatty(STDOUT_FILENO) == 1) return failed({"a dictionary is binary; send it to a file: > NAME.dict"}, kUsage);
  std::cout << reader->dictionary() << std::flush;
  return std::cout ? kDone : failed({"stdout could not be written"}, kRuntime);
}

}  // namespace

int capture_command(const CaptureArguments& arguments) {
  switch (arguments.action) {
    case CaptureAction::ls:
      return print_all(arguments, list_one);
    case CaptureAction::cat:
      return print_all(arguments, print_one);
    case CaptureAction::verify:
      return verify(arguments);
    case CaptureAction::dict:
      return print_dictionary(arguments);
    case CaptureAction::import_other:
    case CaptureAction::export_other:
      break;
  }
  return failed({"not in this build"}, kUsage);
}

}  // namespace truemirror
