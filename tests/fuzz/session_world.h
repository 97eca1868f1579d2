// A world of one live thread, with clients and a stable that a script drives: no other thread, and no time but the
// script's. Sockets are pairs and a Unix listener; the loop is polled until nothing moves.
// Every answer of stable carries tokens, so that the bytes which a client gets can be asked whose answer they are.
#pragma once

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/http2_refusal.h"
#include "proxy/live/session.h"
#include "tests/conformance/grammar.h"
#include "tests/fuzz/session_actors.h"

namespace truemirror {

class World {
 public:
  World();
  ~World();
  World(const World&) = delete;

  FuzzClient& open_client();
  // Lets everything happen that can without time.
  void settle();
  void pass(std::chrono::milliseconds time);
  void drain();
  // Whether stable takes connections.
  void listen(bool up);
  // Takes what has been asked until now, so that what is said next is said to that.
  void hear(FuzzStable& stable);
  // Bytes that `stable` sends now.
  void say(FuzzStable& stable, std::string_view bytes);
  // A text for such bytes: only who asked the oldest request without an answer may get to see it.
  std::string token(const FuzzStable& stable);
  // A body of an answer that is well-formed: `before` and a token.
  std::string body(const FuzzStable& stable, std::string before);
  // All leave; every session ends, whatever state it was in, and the books close.
  void end();

  bool well_behaved = true;  // everybody, up to now
  std::list<FuzzClient> clients;
  std::list<FuzzStable> stables;

 private:
  static constexpr std::size_t kTokenBytes = 10;                                             // "<~123456~>"
  static constexpr std::string_view kUntilClose = "the connection's end delimits the body";  // the grammar's words

  bool look();
  bool flush();
  void read(FuzzClient& client);
  void check(const FuzzClient& client, std::string_view bytes, const conformance::Message* message) const;
  void read(FuzzStable& stable);
  void note_head(FuzzStable& stable, std::string_view head);

  std::string path_;
  LiveOptions options_;
  CountingSink sink_;
  MarkKey marks_{std::string(32, 'k')};
  std::atomic<bool> mirroring_{true};
  BufferBudget buffers_{buffer_budget(options_)};
  std::optional<LiveThread> thread_;
  std::optional<Wire> listener_;
  struct Token {
    std::vector<FuzzAsked> to;            // whose answer it may be; nobody's
    const FuzzStable* unclear = nullptr;  // or anybody's who asked there
    std::string body;                     // of the whole answer, where it is a well-formed one
  };
  std::vector<Token> tokens_;
  DeadlineClock::Clock::time_point now_{};
};

inline const std::string& fuzz_socket_path() {
  static const std::string path = [] {
    std::string folder = "/tmp/truemirror-fuzz-XXXXXX";
    require(::mkdtemp(folder.data()) != nullptr, "a temporary folder");
    static const std::string kept = folder;
    std::atexit([] {
      ::unlink((kept + "/stable").c_str());
      ::rmdir(kept.c_str());
    });
    return folder + "/stable";
  }();
  return path;
}

inline World::World() : path_(fuzz_socket_path()) {
  options_.stable.url = UpstreamUrl::parse("unix:" + path_).value();
  options_.copy_limit = 4096;
  thread_.emplace(options_, LiveContext{sink_, marks_, mirroring_, std::make_shared<const SamplingPlan>()}, buffers_,
                  0);
  thread_->loop.poller.start();
  now_ = DeadlineClock::Clock::now();
  listen(true);
}

inline World::~World() { ::unlink(path_.c_str()); }

inline void World::listen(bool up) {
  if (up == listener_.has_value()) return;
  if (!up) return listener_.reset();
  ::unlink(path_.c_str());
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path_.copy(at.sun_path, sizeof at.sun_path - 1);
  listener_.emplace(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  require(::bind(listener_->descriptor(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
              ::listen(listener_->descriptor(), 64) == 0,
          "a listener");
}

inline FuzzClient& World::open_client() {
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "a socket pair");
  FuzzClient& client = clients.emplace_back(Wire(ends[0]), clients.size());
  // The address says who asks, all the way to stable.
  client.session = std::make_unique<Session>(*thread_, Stream(thread_->loop.poller, ends[1]),
                                             "192.0.2." + std::to_string(client.number));
  spawn(client.session->run(), [&client] {
    client.session.reset();
    client.done = true;
  });
  return client;
}

inline void World::settle() {
  for (int round = 0; round < 2'000; ++round) {
    const std::size_t ran = thread_->loop.io.poll();
    if (!look() && ran == 0) return;
  }
  require(false, "the loop comes to rest");
}

inline void World::pass(std::chrono::milliseconds time) {
  now_ += time;
  thread_->loop.clock.advance(now_);
}

inline void World::drain() {
  thread_->draining = true;
  for (FuzzClient& client : clients) {
    if (client.session) client.session->finish_soon();
  }
}

inline bool World::flush() {
  bool moved = false;
  const auto send = [&moved](Wire& wire, std::string& unsent, std::size_t held = 0) {
    const std::size_t sent =
        wire.send(std::string_view(unsent).substr(0, unsent.size() - std::min(held, unsent.size())));
    unsent.erase(0, sent);
    moved = moved || sent > 0;
  };
  for (FuzzClient& client : clients) send(client.wire, client.unsent, client.held);
  for (FuzzStable& stable : stables) {
    send(stable.wire, stable.unsent);
    if (stable.closes && stable.unsent.empty()) stable.wire.close();
  }
  return moved;
}

// Takes what has come, clients' bytes first: an answer that is whole is so before the next request reaches stable.
inline bool World::look() {
  bool moved = flush();
  while (listener_) {
    const int accepted = ::accept4(listener_->descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) break;
    stables.emplace_back(Wire(accepted));
    moved = true;
  }
  for (FuzzClient& client : clients) {
    if (client.slow || !client.wire.receive(client.received)) continue;
    read(client);
    moved = true;
  }
  for (FuzzStable& stable : stables) {
    if (!stable.wire.receive(stable.received)) continue;
    read(stable);
    moved = true;
  }
  return moved;
}

// What a client has is whole responses, each an answer to its own request or ours, and perhaps the beginning of one.
inline void World::read(FuzzClient& client) {
  // A preface of HTTP/2 is answered in HTTP/2, and nothing follows.
  if (client.received == kHttp2Refusal) return;
  while (!client.tunnel && !client.received.empty()) {
    const std::size_t index = client.answers;
    std::string method = index < client.methods.size() ? client.methods[index] : std::string();
    // An error of ours to a request that stable never saw; to a HEAD no body follows its length.
    const std::size_t head = client.received.find("\r\n\r\n");
    const bool bodiless = head != std::string::npos &&
                          (head + 4 == client.received.size() || client.received.compare(head + 4, 7, "HTTP/1.") == 0);
    if (method.empty()) method = bodiless ? "HEAD" : "GET";
    const conformance::Reading seen = conformance::read_responses(client.received, {method}, client.wire.ended());
    const bool right = !seen.messages.empty() || seen.ran_out || seen.problem == kUntilClose;
    if (!right) std::fprintf(stderr, "%s at %zu of: %s\n", seen.problem.c_str(), seen.at, client.received.c_str());
    require(right, "a client gets whole responses of a strict grammar");
    if (seen.messages.empty()) return check(client, client.received, nullptr);
    check(client, std::string_view(client.received).substr(0, seen.consumed), &seen.messages.back());
    if (seen.messages.back().status >= 200) {
      client.statuses.push_back(seen.messages.back().status);
      ++client.answers;
    }
    client.tunnel = seen.switched;
    client.received.erase(0, seen.consumed);
  }
}

// `message`: what the bytes are, where it is whole.
inline void World::check(const FuzzClient& client, std::string_view bytes, const conformance::Message* message) const {
  for (std::size_t at = bytes.find("<~"); at != bytes.npos; at = bytes.find("<~", at + 2)) {
    const std::string_view text = bytes.substr(at, kTokenBytes);
    if (text.size() < kTokenBytes || !text.ends_with("~>")) continue;
    const auto number = static_cast<std::size_t>(std::strtoull(std::string(text.substr(2, 6)).c_str(), nullptr, 10));
    require(number < tokens_.size(), "a token");
    const Token& found = tokens_[number];
    const std::vector<FuzzAsked>& asked = found.unclear != nullptr ? found.unclear->asked : found.to;
    require(!asked.empty(), "nobody gets bytes that answer no request");
    const bool own = std::any_of(asked.begin(), asked.end(), [&](const FuzzAsked& request) {
      return request.client == &client && request.answer == client.answers;
    });
    require(own, "a client gets the answer to the very request that it follows");
    const std::string& whole = found.body;
    if (message == nullptr || whole.empty()) continue;
    const bool may_be_cut = message->framing == conformance::BodyFraming::until_close;
    require(may_be_cut ? whole.starts_with(message->body) : whole == message->body,
            "a whole answer is the whole answer");
  }
}

inline std::string World::token(const FuzzStable& stable) {
  Token& made = tokens_.emplace_back();
  if (stable.unclear) made.unclear = &stable;
  if (stable.due()) made.to.push_back(stable.asked[stable.answered]);
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "<~%06zu~>", (tokens_.size() - 1) % 1'000'000);
  return text.data();
}

inline void World::hear(FuzzStable& stable) {
  if (stable.wire.receive(stable.received)) read(stable);
}

inline void World::say(FuzzStable& stable, std::string_view bytes) {
  stable.unsent += bytes;
  stable.said += bytes;
  while (!stable.unclear && !stable.said.empty()) {
    if (!stable.due()) {
      stable.poisoned = true;
      stable.said.clear();
      break;
    }
    const auto seen = conformance::read_responses(stable.said, {stable.asked[stable.answered].method}, false);
    stable.switched = seen.switched;
    const bool whole = !seen.messages.empty() && seen.messages.back().status >= 200;
    stable.unclear = seen.switched || (!whole && !seen.ok() && !seen.ran_out && seen.problem != kUntilClose);
    if (!whole) break;
    ++stable.answered;
    stable.said.erase(0, seen.consumed);
  }
  stable.unsent.erase(0, stable.wire.send(stable.unsent));
}

inline std::string World::body(const FuzzStable& stable, std::string before) {
  before += token(stable);
  if (!stable.unclear && stable.said.empty()) tokens_.back().body = before;
  return before;
}

// What stable gets is whole requests of a strict grammar, and perhaps the beginning of one.
inline void World::read(FuzzStable& stable) {
  while (!stable.switched && !stable.received.empty()) {
    const conformance::Reading seen = conformance::read_requests(stable.received);
    if (!seen.ok() && !seen.ran_out)
      std::fprintf(stderr, "%s at %zu of: %s\n", seen.problem.c_str(), seen.at, stable.received.c_str());
    require(seen.ok() || seen.ran_out, "stable gets requests of a strict grammar");
    require(seen.messages.size() <= 1, "stable gets a request when it has answered the last");
    const std::size_t head = stable.received.find("\r\n\r\n");
    if (head == std::string::npos) return;
    if (stable.asked.size() == stable.whole) note_head(stable, std::string_view(stable.received).substr(0, head + 4));
    if (seen.messages.empty()) return;
    const conformance::Message& request = seen.messages.back();
    require(!well_behaved || request.get("trailer") == nullptr || !request.trailers.empty(),
            "stable gets the trailers of a request");
    ++stable.whole;
    stable.received.erase(0, seen.consumed);
  }
}

inline void World::note_head(FuzzStable& stable, std::string_view head) {
  require(!stable.poisoned, "who has spoken out of turn is not asked again");
  FuzzAsked asked;
  asked.method = head.substr(0, head.find(' '));
  asked.target = head.substr(asked.method.size() + 1);
  asked.target.resize(asked.target.find(' '));
  // The last address that the last X-Forwarded-For names is the one that the proxy saw.
  std::string lower(head);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const std::size_t field = lower.rfind("\r\nx-forwarded-for:");
  require(field != lower.npos, "stable hears who asks");
  constexpr std::string_view kBefore = "192.0.2.";
  const std::size_t at = head.substr(0, head.find("\r\n", field + 2)).rfind(kBefore);
  require(at != head.npos && at > field, "stable hears who asks");
  const auto number = std::strtoull(std::string(head.substr(at + kBefore.size(), 8)).c_str(), nullptr, 10);
  for (FuzzClient& client : clients) {
    if (client.number == number) asked.client = &client;
  }
  require(asked.client != nullptr, "a client asked");
  FuzzClient& client = *asked.client;
  if (client.wire.receive(client.received)) read(client);
  asked.answer = client.answers;
  client.methods.resize(std::max(client.methods.size(), asked.answer + 1));
  client.methods[asked.answer] = asked.method;
  stable.asked.push_back(std::move(asked));
}

inline void World::end() {
  for (FuzzClient& client : clients) client.wire.close();
  const auto all_ended = [this] {
    return std::all_of(clients.begin(), clients.end(), [](const FuzzClient& client) { return client.done; });
  };
  for (int round = 0; round < 60; ++round) {
    for (FuzzStable& stable : stables) stable.wire.close();
    settle();
    if (all_ended()) break;
    pass(std::chrono::minutes(2));
  }
  for (const FuzzClient& client : clients) require(client.done, "every session ends");
  thread_->stable.close();
  thread_->loop.poller.stop();
  thread_->loop.io.poll();
  const LiveStats stats = thread_->counters.read();
  require(stats.connections == clients.size() && stats.open_connections == 0, "connections are counted");
  const LedgerTotals ledger = sink_.ledger.snapshot();
  require(ledger.closed() && ledger.in_flight == 0, "the accounting closes");
  require(ledger.sampled <= stats.requests, "only requests are sampled");
  thread_.reset();
  require(sink_.bytes.used() == 0, "copies give their bytes back");
}

}  // namespace truemirror
