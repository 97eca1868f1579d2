// One client connection: reads requests in order and has each relayed. One coroutine, whose frame owns all it needs;
// ends when the client leaves, misbehaves, idles for too long or the server drains. Lives on one live thread. Between
// two requests it holds no buffer.
#pragma once

#include <optional>
#include <string>

#include "proxy/live/live_thread.h"
#include "proxy/live/relay.h"
#include "proxy/live/slow_reader.h"

namespace truemirror {

class Session {
 public:
  Session(LiveThread& thread, Stream stream, std::string client_address);

  Task<> run();
  // The same over TLS, as the thread's TlsServer has it now.
  Task<> run_tls();
  // Ends the session where it waits for a request; false where it has one.
  bool finish_soon();
  // Ends it now, whatever it does.
  void abort();

 private:
  enum class HeadState : std::uint8_t { ready, gone, late, refused };

  Task<> serve_all();
  Task<bool> shake_hands(const TlsServer& tls);
  Task<> handshake_failed(HandshakeFailure failure, std::string_view detail);
  Task<HeadState> read_head();
  void begin_head();
  void become_idle();
  Task<Next> serve();
  Task<Next> end_here(const Course& course);
  Task<> tunnel(std::unique_ptr<Connection> stable);
  Task<> refuse(int status, std::string_view reason, std::string_view detail);
  Task<> refuse_head();
  Task<> send_last(std::string_view text);
  Task<> linger();
  [[nodiscard]] std::unique_ptr<Tee> sample_it();
  [[nodiscard]] bool carries_mark() const;
  static void give_up_head(void* self);
  static void give_up_exchange(void* self);
  [[nodiscard]] bool exchange_is_over() const { return exchange_deadline_ && exchange_deadline_->expired(); }
  void count_refusal();
  [[nodiscard]] Limit idle_limit() const;

  LiveThread& thread_;
  Connection client_;
  SlowReader reader_;
  ClientFacts facts_;
  ConnectionOrdinal ordinal_;
  ReadBuffer in_;
  std::unique_ptr<Workspace> space_;  // while bytes of a request are here
  std::chrono::steady_clock::time_point arrived_{};
  DeadlineClock::Watch head_deadline_;
  std::optional<DeadlineClock::Watch> exchange_deadline_;  // where there is such a limit
  Relay* relay_ = nullptr;                                 // while an exchange runs
  bool idle_ = true;
};

}  // namespace truemirror
