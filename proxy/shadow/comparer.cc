#include "proxy/shadow/comparer.h"

#include <algorithm>
#include <iterator>

#include "proxy/shadow/background.h"

namespace truemirror {
namespace {

constexpr std::size_t kBatch = 32;  // pairs taken with one lock
constexpr std::size_t kFieldsExpected = 16;

bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

// Of a head that was scanned and written anew: pointing its fields out is enough. It is taken over, not copied.
Headers fields_of(std::string text) {
  Headers out(std::move(text), kFieldsExpected);
  const std::string_view head = out.block();
  for (std::size_t at = head.find('\n') + 1; at != 0 && at < head.size();) {
    const std::size_t end = std::min(head.find('\r', at), head.size());
    const std::size_t colon = std::min(head.find(':', at), end);
    std::size_t from = std::min(colon + 1, end);
    std::size_t to = end;
    while (from < to && is_blank(head[from])) ++from;
    while (to > from && is_blank(head[to - 1])) --to;
    out.point_out(at, colon - at, from, to - from);
    at = end + 2;
  }
  return out;
}

}  // namespace

Comparison to_comparison(Completed& completed) {
  Sample& sample = *completed.sample;
  Comparison comparison;
  comparison.sequence = sample.sequence;
  comparison.at = sample.at;
  comparison.connection = sample.connection;
  comparison.request.headers = fields_of(std::move(sample.head));
  comparison.request.method = std::move(sample.method);
  comparison.request.target = std::move(sample.target);
  comparison.request.body = std::move(sample.body);
  comparison.stable = std::move(sample.stable);
  comparison.candidate = std::move(completed.candidate);
  comparison.control = std::move(completed.control);
  comparison.candidate_issued = completed.candidate_issued;
  comparison.control_issued = completed.control_issued;
  return comparison;
}

Comparer::Comparer(ComparerOptions options, std::string run, Aggregator& aggregator, CaptureWriter* capture,
                   ComparisonLines* lines)
    : options_(std::move(options)), run_(std::move(run)), aggregator_(aggregator), capture_(capture), lines_(lines) {}

Comparer::~Comparer() { drain(); }

void Comparer::start() {
  for (unsigned index = 0; index < std::max(1u, options_.threads); ++index) {
    threads_.emplace_back([this, index] {
      enter_background(("compare-" + std::to_string(index)).c_str());
      run();
    });
  }
}

void Comparer::drain() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Comparer::offer(std::vector<std::unique_ptr<Completed>>& completed) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = queue_.empty();  // a thread that works takes more by itself
    const std::size_t room = options_.max_queue - std::min(options_.max_queue, queue_.size());
    const auto end = completed.begin() + static_cast<std::ptrdiff_t>(std::min(room, completed.size()));
    std::move(completed.begin(), end, std::back_inserter(queue_));
    completed.erase(completed.begin(), end);
  }
  if (wake) work_.notify_one();
}

void Comparer::shed(Arm account, std::string_view method, std::string_view target, WallTime at) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (sheds_.size() >= options_.max_queue / 2) {
      ++unnamed_sheds_[static_cast<std::size_t>(account)];
      return;
    }
    wake = sheds_.empty() && queue_.empty();
    sheds_.push_back({account, std::string(method), std::string(target), at});
  }
  if (wake) work_.notify_one();
}

std::size_t Comparer::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Comparer::run() {
  std::vector<std::unique_ptr<Completed>> batch;
  std::deque<Shed> sheds;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty() || !sheds_.empty(); });
    if (queue_.empty() && sheds_.empty()) return;
    while (!queue_.empty() && batch.size() < kBatch) {
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    sheds.swap(sheds_);
    const auto unnamed = std::exchange(unnamed_sheds_, {});
    if (!queue_.empty()) work_.notify_one();
    lock.unlock();
    for (const Shed& shed : sheds) aggregator_.shed(shed.account, shed.method, shed.target, shed.at);
    for (const Arm account : {Arm::candidate, Arm::control}) {
      for (std::uint64_t n = unnamed[static_cast<std::size_t>(account)]; n > 0; --n)
        aggregator_.shed(account, "", "", std::chrono::system_clock::now());
    }
    sheds.clear();
    for (auto& completed : batch) process(*completed);
    batch.clear();
    lock.lock();
  }
}

void Comparer::process(Completed& completed) {
  Comparison comparison = to_comparison(completed);
  submit(comparison, std::move(completed.sample->framing));
  completed.sample->ticket.compared();
}

void Comparer::submit(Comparison& comparison, RequestFraming framing) {
  if (options_.prepare) options_.prepare(comparison);
  comparison.endpoint = aggregator_.endpoint(comparison.request.method, comparison.request.target);
  compare(comparison, options_.compare);
  aggregator_.add(comparison);
  if (lines_ != nullptr) lines_->write(comparison);
  if (capture_ != nullptr) capture(comparison, std::move(framing));
}

// The last to see the comparison: what it holds goes on without a copy.
void Comparer::capture(Comparison& comparison, RequestFraming framing) {
  CapturedExchange exchange;
  exchange.run = run_;
  exchange.sequence = comparison.sequence;
  exchange.at = comparison.at;
  exchange.connection = comparison.connection;
  // As stable was told, by us or by what stands before us.
  exchange.https = iequals(comparison.request.headers.get("x-forwarded-proto").value_or(""), "https");
  exchange.request = std::move(comparison.request);
  exchange.framing = std::move(framing);
  exchange.stable = std::move(comparison.stable);
  exchange.candidate = std::move(comparison.candidate);
  exchange.control = std::move(comparison.control);
  (void)capture_->offer(std::move(exchange));  // what it sheds it counts
}

}  // namespace truemirror
