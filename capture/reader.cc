#include "capture/reader.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace truemirror {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kReorderTime{1};
constexpr std::size_t kReorderCount = 16384;
constexpr std::size_t kReorderBytes = 32u << 20;

bool later(const CapturedExchange& a, const CapturedExchange& b) {
  return std::tie(a.at, a.run, a.sequence) > std::tie(b.at, b.run, b.sequence);
}

// The name without number and suffix: segments that share it were written one after another.
std::string chain_of(const fs::path& file) {
  std::string name = file.string();
  for (const std::string_view suffix : {kPartialSuffix, kSegmentSuffix}) {
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    break;
  }
  const std::size_t digits = name.find_last_not_of("0123456789");
  if (digits != name.npos && name[digits] == '-') name.resize(digits);
  return name;
}

bool is_segment_name(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(kSegmentSuffix) || name.ends_with(kPartialSuffix);
}

}  // namespace

Result<std::vector<fs::path>> list_segments(const std::vector<fs::path>& files_or_folders) {
  std::vector<fs::path> files;
  for (const fs::path& path : files_or_folders) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error)) return Problem{path.string() + ": no such file or folder"};
      files.push_back(path);
      continue;
    }
    const std::size_t before = files.size();
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (is_segment_name(at->path())) files.push_back(at->path());
    }
    if (error) return Problem{path.string() + ": " + error.message()};
    if (files.size() == before) return Problem{path.string() + ": no capture (*.warc.zst) in this folder"};
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(before), files.end());
  }
  std::set<fs::path> seen;
  std::erase_if(files, [&](const fs::path& file) {
    std::error_code error;
    return !seen.insert(fs::weakly_canonical(file, error)).second;
  });
  return files;
}

// The segments of one run, read one after another; gives exchanges in order of time within a bounded look ahead.
class CaptureReader::Chain {
 public:
  void add(fs::path file) { files_.push_back(std::move(file)); }

  // The earliest exchange that is held; none at the end.
  Result<const CapturedExchange*> head() {
    while (!ended_ && !enough()) {
      CapturedExchange exchange;
      const Result<bool> read = assemble(exchange);
      if (!read) return read.error();
      if (!*read) {
        ended_ = true;
        break;
      }
      newest_ = std::max(newest_, exchange.at);
      held_bytes_ += exchange.footprint();
      held_.push_back(std::move(exchange));
      std::push_heap(held_.begin(), held_.end(), later);
    }
    return held_.empty() ? nullptr : &held_.front();
  }

  void take(CapturedExchange& out) {
    std::pop_heap(held_.begin(), held_.end(), later);
    out = std::move(held_.back());
    held_.pop_back();
    held_bytes_ -= std::min(held_bytes_, out.footprint());
    if (held_.empty()) held_bytes_ = 0;
  }

  void add_stats(ReadStats& total) const {
    total.add(done_);
    if (segment_) total.add(segment_->stats());
  }

 private:
  bool enough() const {
    return !held_.empty() && (held_.size() >= kReorderCount || held_bytes_ >= kReorderBytes ||
                              newest_ - held_.front().at >= kReorderTime);
  }

  // A request's record comes first and names the answers that follow it; an exchange is whole when it has them all.
  Result<bool> assemble(CapturedExchange& out) {
    WarcRecord record;
    for (;;) {
      if (open_ && answers_left_ == 0) return give(out);
      const Result<bool> read = next_record(record);
      if (!read) return read.error();
      if (!*read) return open_ ? give_incomplete(out) : Result<bool>(false);
      const auto id = parse_record_id(record.field("WARC-Record-ID"));
      if (record.field("WARC-Type") == "warcinfo") continue;
      if (id && id->role == "request") {
        CapturedExchange started;
        if (!read_request(record, *id, started)) {
          odd_record();
          continue;
        }
        const bool interrupted = open_.has_value();
        if (interrupted) (void)give_incomplete(out);
        open_ = std::move(started);
        open_id_ = *id;
        answers_left_ = record.fields.count("WARC-Concurrent-To");
        if (interrupted) return true;
      } else if (!id || !open_ || !id->same_exchange(open_id_) || !attach(record, id->role)) {
        odd_record();
      }
    }
  }

  bool attach(const WarcRecord& record, const std::string& role) {
    for (const Arm which : kCapturedArms) {
      if (role != to_string(which) || open_->arm(which)) continue;
      Response response;
      if (!read_response(record, response)) return false;
      open_->arm(which) = std::move(response);
      --answers_left_;
      return true;
    }
    return false;
  }

  Result<bool> give(CapturedExchange& out) {
    out = std::move(*open_);
    open_.reset();
    ++done_.exchanges;
    return true;
  }

  Result<bool> give_incomplete(CapturedExchange& out) {
    ++done_.incomplete;
    return give(out);
  }

  // An answer whose request is lost, or a record of ours that does not say what it must.
  void odd_record() { ++done_.incomplete; }

  // From the next segment where one ends; an exchange never spans two.
  Result<bool> next_record(WarcRecord& record) {
    for (;;) {
      if (segment_) {
        const Result<bool> read = segment_->next(record);
        if (!read || *read) return read;
        done_.add(segment_->stats());
        segment_.reset();
        if (open_) return false;
      }
      if (files_.empty()) return false;
      Result<SegmentReader> opened = SegmentReader::open(files_.front());
      files_.pop_front();
      if (!opened) return opened.error();
      segment_ = std::make_unique<SegmentReader>(std::move(*opened));
    }
  }

  std::deque<fs::path> files_;
  std::unique_ptr<SegmentReader> segment_;
  std::optional<CapturedExchange> open_;
  RecordId open_id_;
  std::size_t answers_left_ = 0;
  std::vector<CapturedExchange> held_;  // a heap, the earliest first
  std::size_t held_bytes_ = 0;
  WallTime newest_{WallTime::min()};
  bool ended_ = false;
  ReadStats done_;
};

CaptureReader::CaptureReader() = default;
CaptureReader::~CaptureReader() = default;
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;

Result<CaptureReader> CaptureReader::open(const std::vector<fs::path>& files_or_folders) {
  const auto files = list_segments(files_or_folders);
  if (!files) return files.error();
  CaptureReader reader;
  std::map<std::string, std::size_t> chains;
  for (const fs::path& file : *files) {
    const bool named = std::find(files_or_folders.begin(), files_or_folders.end(), file) != files_or_folders.end();
    std::error_code error;
    if (!named && fs::file_size(file, error) == 0) {
      // A process killed while it made the file; alone it is an error, in a folder it takes nothing away.
      reader.open_problems_.push_back(file.string() + ": is empty");
      continue;
    }
    if (const auto checked = SegmentReader::open(file); !checked) return checked.error();
    const auto [at, added] = chains.try_emplace(chain_of(file), reader.chains_.size());
    if (added) reader.chains_.push_back(std::make_unique<Chain>());
    reader.chains_[at->second]->add(file);
  }
  return reader;
}

Result<bool> CaptureReader::next(CapturedExchange& out) {
  Chain* first = nullptr;
  const CapturedExchange* earliest = nullptr;
  for (const auto& chain : chains_) {
    const Result<const CapturedExchange*> head = chain->head();
    if (!head) return head.error();
    if (*head == nullptr || (earliest != nullptr && !later(*earliest, **head))) continue;
    earliest = *head;
    first = chain.get();
  }
  if (first == nullptr) return false;
  first->take(out);
  return true;
}

const ReadStats& CaptureReader::stats() const {
  stats_ = ReadStats();
  stats_.problems = open_problems_;
  for (const auto& chain : chains_) chain->add_stats(stats_);
  return stats_;
}

}  // namespace truemirror
