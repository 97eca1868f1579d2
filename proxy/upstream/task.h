// A coroutine on one thread, at the price of a function call or two: lazy, awaited by one caller, no executor and no
// type-erased handler between them. What it waits for is the poller's sockets (poller.h); Asio's awaitable cost 4 us of
// the 28 that a relayed request takes (bench/README.md).
//
// A task runs on its caller's stack until it first waits, and is resumed by the loop from then on, so a chain of tasks
// that never wait grows no stack. Its frame lives as long as the Task; a task that waits must not be destroyed.
// Exceptions do not cross a task: one that leaves it ends the program.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace truemirror {

// Frames of ended coroutines, kept by their thread for the next ones.
class FrameStore {
 public:
  static void* take(std::size_t bytes);
  static void give(void* frame, std::size_t bytes) noexcept;
};

namespace detail {

struct TaskPromiseBase {
  static void* operator new(std::size_t bytes) { return FrameStore::take(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { FrameStore::give(frame, bytes); }

  struct ToCaller {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const std::coroutine_handle<> next = ended.promise().caller;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] ToCaller final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

  std::coroutine_handle<> caller;
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
  std::optional<T> value;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Handle handle) : handle_(handle) {}  // NOLINT(google-explicit-constructor): the coroutine's return object
  Task(Task&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), started_(std::exchange(other.started_, false)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Runs it up to its first wait, beside the caller; await it later.
  void start() {
    started_ = true;
    handle_.resume();
  }

  [[nodiscard]] bool await_ready() const noexcept { return started_ && handle_.done(); }
  bool await_suspend(std::coroutine_handle<> caller) {
    if (!started_) start();
    if (handle_.done()) return false;
    handle_.promise().caller = caller;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
  bool started_ = false;
};

namespace detail {

// A coroutine that nobody awaits; its frame frees itself.
struct Root {
  struct promise_type : TaskPromiseBase {
    [[nodiscard]] Root get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
  };
};

}  // namespace detail

// Starts a task that nobody awaits, here and now; `done(result)` is called when it ends. The one who spawns keeps
// count, and lives until all that it spawned has ended.
template <class T, class Done>
detail::Root spawn(Task<T> task, Done done) {
  done(co_await task);
}
template <class Done>
detail::Root spawn(Task<void> task, Done done) {
  co_await task;
  done();
}

}  // namespace truemirror
