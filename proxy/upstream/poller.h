// Waits for sockets, edge-triggered and each registered once. What Asio's reactor spends on a keep-alive message beyond
// the read and the write (a read that finds nothing before each wait, a look at a connection before it is reused, a
// handler through a type-erased executor) is what a relayed request can be made cheaper by; see bench/README.md.
// The loop stays Asio's: the poller's own epoll descriptor is one more thing that its io_context waits for. That costs
// two system calls more than waiting for the sockets alone, so a poller may be told to stay with them between Asio's
// turns. One thread's, as all that waits on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "proxy/upstream/deadline.h"
#include "proxy/upstream/timer.h"

namespace truemirror {

class Poller {
 public:
  // Both outlive it; it has the clock tick. Throws boost::system::system_error where the system has no descriptor left:
  // that is before anything is served.
  Poller(boost::asio::io_context& io, DeadlineClock& clock);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // With `yes` the thread waits for the next event here once there was one. Asio has its turn at each tick, after some
  // looks, and while there is a Hurry; so what others post wants call_away(), or waits for a tick.
  enum class Stay : bool { no, yes };
  // Starts to wait; io_context::run() returns only after stop().
  void start(Stay stay = Stay::no);
  // The clock follows time. Not where a test has a time of its own.
  void start_ticking();
  void stop();
  // Asio has its turn at once. From any thread, start() and destruction excepted. For what is rare: the next tick is
  // put off.
  void call_away() const {
    if (stay_ == Stay::yes) timer_.tick_now();
  }

  // One coroutine's wait, in its frame. attempt() does the reading or writing it is for, and says whether it is over.
  class Wait {
   public:
    Wait() = default;
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    virtual ~Wait() = default;

   private:
    friend class Poller;
    virtual bool attempt() = 0;
    std::coroutine_handle<> waiter_;
    Wait** place_ = nullptr;  // in its socket
    bool queued_ = false;
  };

  class Socket;

  // Something is expected of Asio, and is not to wait for a tick: until as often hurried().
  void hurry() { ++hurries_; }
  void hurried() { --hurries_; }
  class Hurry {
   public:
    explicit Hurry(Poller& poller) : poller_(poller) { poller_.hurry(); }
    ~Hurry() { poller_.hurried(); }
    Hurry(const Hurry&) = delete;
    Hurry& operator=(const Hurry&) = delete;

   private:
    Poller& poller_;
  };

 private:
  void wait();
  void look_around();
  [[nodiscard]] bool may_stay() const { return stay_ == Stay::yes && hurries_ == 0 && !is_due(); }
  // How much happened. Waits for something to happen where it may.
  std::size_t poll();
  void tick();
  void run_soon(Wait& wait);
  void run_later(Wait& wait);
  void forget(Wait& wait);
  [[nodiscard]] bool is_due() const { return !due_.empty() || !yielded_.empty(); }
  static void attempt(Wait& wait);
  void post_run();
  void run_due();

  boost::asio::io_context& io_;
  DeadlineClock& clock_;
  boost::asio::posix::stream_descriptor epoll_;
  Timer timer_;
  bool started_ = false;
  bool posted_ = false;   // run_due() will be called by Asio
  bool running_ = false;  // it is being called, and what becomes due is seen to afterwards
  Stay stay_ = Stay::no;
  bool ticked_ = false;  // since Asio had its turn
  unsigned hurries_ = 0;
  std::size_t moved_ = 0;           // bytes, since Asio had its turn
  std::vector<Wait*> due_, taken_;  // null: forgotten
  std::deque<Wait*> yielded_;
};

// A non-blocking socket that is polled, and owned. What it is ready for is known from the last event and from what the
// last read or write found, so that one that would find nothing is not made.
class Poller::Socket {
 public:
  enum class Kind : std::uint8_t {
    connection,
    // Level-triggered: each look finds it while a connection waits, so that one can be taken at a time and none is ever
    // asked for in vain, which costs a file that is made and undone.
    listener
  };
  // Takes the descriptor over; -1: none. One that cannot be registered (no memory) is closed.
  Socket(Poller& poller, int descriptor, Kind kind = Kind::connection);
  // Nobody waits on it any more.
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

  // May be tried: an event said so, or nobody has found out otherwise.
  [[nodiscard]] bool readable() const { return readable_; }
  [[nodiscard]] bool writable() const { return writable_; }
  // A read took all there was. Where the peer has hung up the end is still to be read, and no event will tell.
  void drained() { readable_ = hung_up_; }
  void blocked() { writable_ = false; }

  // Who waits to read and to write: at most one each, resumed when its attempt() succeeds.
  void wait_to_read(Wait& wait, std::coroutine_handle<> waiter) { park(reader_, wait, waiter); }
  void wait_to_write(Wait& wait, std::coroutine_handle<> waiter) { park(writer_, wait, waiter); }
  // Who waits to read does so no more, and may go.
  void stop_waiting_to_read();
  // A listener that is not looked at while those who connect have to wait.
  void pause(bool paused);
  // As wait_to_read(), but not for an event: others only have their turn first.
  void yield(Wait& wait, std::coroutine_handle<> waiter);
  // The reader cannot go on before something is written (a TLS peer that asks for new keys).
  void reader_wants_room(bool wants) { reader_wants_room_ = wants; }
  [[nodiscard]] bool reader_wants_room() const { return reader_wants_room_; }
  // So many bytes were read or written.
  void moved(std::size_t bytes) { poller_.moved_ += bytes; }
  // So many were handed to the system; and all that were.
  void wrote(std::size_t bytes) { written_ += bytes; }
  [[nodiscard]] std::uint64_t written() const { return written_; }
  // Has the reader attempt anew, soon. False where nobody waits to read.
  bool nudge_reader();
  // Who waits attempts once more, and finds it closed.
  void close();

 private:
  friend class Poller;
  static void park(Wait*& place, Wait& wait, std::coroutine_handle<> waiter) {
    wait.waiter_ = waiter;
    wait.place_ = &place;
    place = &wait;
  }
  void on_event(std::uint32_t events);

  Poller& poller_;
  int descriptor_ = -1;
  bool readable_ = false;  // the first event tells
  bool writable_ = true;
  bool hung_up_ = false;
  bool reader_wants_room_ = false;
  std::uint64_t written_ = 0;
  Wait* reader_ = nullptr;
  Wait* writer_ = nullptr;
};

}  // namespace truemirror
