#include "proxy/upstream/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cassert>
#include <cerrno>
#include <utility>

#include "proxy/upstream/or_terminate.h"

namespace truemirror {
namespace {

constexpr std::size_t kEvents = 256;
// Looks at the sockets in a row, while something happens, before Asio has its turn (what is posted, names): going
// through it costs two system calls more than a look. That is nothing beside a megabyte.
constexpr unsigned kLooks = 16;
constexpr std::size_t kMoved = 1u << 20;
// Until a tick. A timeout is a timer set anew for each wait, which is dearer than what staying saves.
constexpr int kForever = -1;
constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kOutput = EPOLLOUT | EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// What a system call gave, where it gave no error.
int checked(int result, const char* call) {
  if (result < 0) throw boost::system::system_error(errno, boost::system::system_category(), call);
  return result;
}

}  // namespace

Poller::Poller(boost::asio::io_context& io, DeadlineClock& clock)
    : io_(io), clock_(clock), epoll_(io, checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;  // no socket: the timer
  checked(::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, timer_.descriptor(), &event), "epoll_ctl");
}

void Poller::start(Stay stay) {
  started_ = true;
  stay_ = stay;
  wait();
}

void Poller::start_ticking() {
  clock_.advance(DeadlineClock::Clock::now());
  timer_.start(DeadlineClock::kTick);
}

void Poller::stop() {
  started_ = false;
  timer_.stop();
  boost::system::error_code ignored;  // nothing to cancel is no failure
  epoll_.cancel(ignored);
}

void Poller::wait() {
  or_terminate([this] {
    epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
      if (!error && started_) look_around();
    });
  });
}

void Poller::look_around() {
  moved_ = 0;
  running_ = true;
  ticked_ = false;
  for (unsigned look = 0; look < kLooks && moved_ < kMoved && started_ && !ticked_; ++look) {
    const std::size_t happened = poll();
    run_due();
    if (ticked_) tick();
    if (happened <= 1 && !is_due() && !may_stay()) break;  // one alone: the next look would find nothing
  }
  running_ = false;
  post_run();
  if (started_) wait();
}

// After what is there already: an answer that came in time counts, be this thread late.
void Poller::tick() {
  timer_.take();
  clock_.advance(DeadlineClock::Clock::now());
}

// Only notes what happened: what a waiter does may close sockets that a later event is about.
std::size_t Poller::poll() {
  std::array<epoll_event, kEvents> events;
  std::size_t happened = 0;
  int limit = may_stay() ? kForever : 0;
  for (int count = kEvents; count == kEvents; limit = 0) {
    count = ::epoll_wait(epoll_.native_handle(), events.data(), kEvents, limit);
    for (int at = 0; at < count; ++at) {
      const epoll_event& event = events[static_cast<std::size_t>(at)];
      if (event.data.ptr == nullptr)
        ticked_ = true;
      else
        static_cast<Socket*>(event.data.ptr)->on_event(event.events);
    }
    happened += static_cast<std::size_t>(std::max(count, 0));
  }
  return happened;
}

void Poller::run_soon(Wait& wait) {
  if (std::exchange(wait.queued_, true)) return;
  due_.push_back(&wait);
  if (!running_) post_run();
}

void Poller::run_later(Wait& wait) {
  if (std::exchange(wait.queued_, true)) return;
  yielded_.push_back(&wait);
  if (!running_) post_run();
}

// What is due is looked through only where something had happened just before.
void Poller::forget(Wait& wait) {
  if (!std::exchange(wait.queued_, false)) return;
  Wait* const nobody = nullptr;
  std::replace(due_.begin(), due_.end(), &wait, nobody);
  std::replace(taken_.begin(), taken_.end(), &wait, nobody);
  yielded_.erase(std::remove(yielded_.begin(), yielded_.end(), &wait), yielded_.end());
}

// One at a time: each posts the next, and with one more for each look they would soon keep Asio from all else.
void Poller::post_run() {
  if (!is_due() || std::exchange(posted_, true)) return;
  or_terminate([this] {
    boost::asio::post(io_, [this] {
      posted_ = false;
      moved_ = 0;
      running_ = true;
      run_due();
      running_ = false;
      post_run();
    });
  });
}

void Poller::attempt(Wait& wait) {
  wait.queued_ = false;
  if (!wait.attempt()) return;
  *wait.place_ = nullptr;
  wait.waiter_.resume();
}

// Those that are due now; who becomes due meanwhile has its turn after the next look at the sockets. Then of those that
// have had one, in turn, as many as move a megabyte: who asks for little does not wait for all who ask for much.
void Poller::run_due() {
  taken_.swap(due_);
  for (Wait* wait : taken_) {
    if (wait != nullptr) attempt(*wait);
  }
  taken_.clear();
  for (std::size_t left = yielded_.size(); left > 0 && !yielded_.empty() && moved_ < kMoved; --left) {
    Wait& wait = *yielded_.front();
    yielded_.pop_front();
    attempt(wait);
  }
}

Poller::Socket::Socket(Poller& poller, int descriptor, Kind kind) : poller_(poller), descriptor_(descriptor) {
  if (descriptor_ < 0) return;
  epoll_event event{};
  event.events = EPOLLIN;
  if (kind == Kind::connection) event.events |= EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (::epoll_ctl(poller_.epoll_.native_handle(), EPOLL_CTL_ADD, descriptor_, &event) != 0) close();
}

Poller::Socket::~Socket() {
  assert(reader_ == nullptr && writer_ == nullptr);
  close();
}

void Poller::Socket::on_event(std::uint32_t events) {
  hung_up_ = hung_up_ || (events & kEnd) != 0;
  readable_ = readable_ || (events & kInput) != 0;
  writable_ = writable_ || (events & kOutput) != 0;
  if (reader_ != nullptr && (readable_ || reader_wants_room_)) poller_.run_soon(*reader_);
  if (writer_ != nullptr && writable_) poller_.run_soon(*writer_);
}

void Poller::Socket::pause(bool paused) {
  epoll_event event{};
  if (!paused) event.events = EPOLLIN;
  event.data.ptr = this;
  // What is registered can be changed: it wants no memory.
  if (is_open()) (void)::epoll_ctl(poller_.epoll_.native_handle(), EPOLL_CTL_MOD, descriptor_, &event);
}

void Poller::Socket::yield(Wait& wait, std::coroutine_handle<> waiter) {
  wait_to_read(wait, waiter);
  poller_.run_later(wait);
}

void Poller::Socket::stop_waiting_to_read() {
  if (Wait* const wait = std::exchange(reader_, nullptr)) poller_.forget(*wait);
}

bool Poller::Socket::nudge_reader() {
  if (reader_ == nullptr) return false;
  poller_.run_soon(*reader_);
  return true;
}

void Poller::Socket::close() {
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  if (reader_ != nullptr) poller_.run_soon(*reader_);
  if (writer_ != nullptr) poller_.run_soon(*writer_);
}

}  // namespace truemirror
