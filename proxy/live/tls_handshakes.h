// The TLS handshakes under way on one live thread, oldest first, and what is said of those that fail. They are bounded
// in number: one costs as much as many requests, and a client that begins one and falls silent pays nothing for it.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <string_view>
#include <utility>

#include "proxy/live/complaints.h"

namespace truemirror {

class Handshakes {
  struct UnderWay {
    std::function<void()> give_up;
    std::chrono::steady_clock::time_point since;
    bool crowded_out = false;
  };

 public:
  using Clock = std::chrono::steady_clock;
  // Longer than an honest client's handshake takes, round trips across the world included.
  static constexpr std::chrono::seconds kStandstill{2};

  // One handshake; its place is free again when this ends.
  class Place {
   public:
    // `give_up` ends the handshake, later.
    Place(Handshakes& all, std::function<void()> give_up)
        : all_(all), at_(all.under_way_.insert(all.under_way_.end(), UnderWay{std::move(give_up), Clock::now()})) {}
    ~Place() { all_.under_way_.erase(at_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    [[nodiscard]] bool crowded_out() const { return at_->crowded_out; }

   private:
    Handshakes& all_;
    std::list<UnderWay>::iterator at_;
  };

  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  // Gives up the oldest, if it stands still: its place is free soon.
  void make_room();
  // Logs a failure, once a second at most.
  void complain(std::string_view client, std::string_view what) { complaints_.add(client, what); }

 private:
  std::list<UnderWay> under_way_;
  Complaints complaints_{"TLS handshake with client ", "failures"};
};

}  // namespace truemirror
