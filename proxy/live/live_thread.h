// What one live thread owns and its sessions share: loop, clock, pool, blocks, counters. Nothing in it is seen by
// another live thread, so nothing is locked (design.md §15). Objects here live as long as the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/http/head_writer.h"
#include "proxy/live/complaints.h"
#include "proxy/live/options.h"
#include "proxy/live/outbox.h"
#include "proxy/live/read_buffer.h"
#include "proxy/live/sampler.h"
#include "proxy/live/slow_reader.h"
#include "proxy/live/tls_handshakes.h"
#include "proxy/live/tls_server.h"
#include "proxy/live/workspace.h"
#include "proxy/sample/mark.h"
#include "proxy/sample/sample.h"
#include "proxy/upstream/event_loop.h"
#include "proxy/upstream/pool.h"

namespace truemirror {

// What the live path needs from the rest of the program; outlives the live threads.
struct LiveContext {
  SampleSink& sink;
  const MarkKey& marks;
  std::atomic<bool>& mirroring;  // the kill switch
  std::shared_ptr<const SamplingPlan> plan;
};

// What all live threads may hold together.
[[nodiscard]] inline BufferBudget buffer_budget(const LiveOptions& options) {
  return {options.limits.buffer_bytes / BlockPool::kBlockBytes, options.threads};
}

// One thread's pool, within the limits.
[[nodiscard]] inline PoolOptions pool_options(const LiveOptions& options, unsigned index) {
  PoolOptions pool = options.stable;
  pool.connect_timeout = options.limits.connect_timeout;
  pool.max_idle = share_of(options.limits.kept_connections, options.threads);
  pool.max_open = exact_share_of(options.limits.stable_connections, options.threads, index);
  return pool;
}

struct LiveThread {
  LiveThread(const LiveOptions& live_options, const LiveContext& context, BufferBudget& buffer_budget, unsigned index)
      : options(live_options),
        sink(context.sink),
        marks(context.marks),
        stable(loop, pool_options(live_options, index)),
        outbox(loop, context.sink),
        sampler(context.plan, context.mirroring, index + 1),
        buffers(buffer_budget),
        blocks(buffer_budget),
        workspaces(blocks, live_options.limits),
        tls(live_options.tls),
        look_at_reader_after(TakenPace::look_after(live_options.limits)),
        next_connection((static_cast<std::uint64_t>(index) << 48) + 1) {}

  // The Date of a response that has none; made anew once a second. The kernel's last tick is near enough, and read
  // without asking the hardware.
  [[nodiscard]] std::string_view date() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != date_at_) {
      date_at_ = now.tv_sec;
      date_ = http_date(std::chrono::system_clock::from_time_t(now.tv_sec));
    }
    return date_;
  }

  // Logs a failure of stable, once a second at most: a stable that is down fails every request.
  void complain(std::string_view what) { stable_complaints_.add("stable", what); }

  const LiveOptions& options;
  SampleSink& sink;
  const MarkKey& marks;
  EventLoop loop;
  Pool stable;
  Outbox outbox;
  Sampler sampler;
  const BufferBudget& buffers;
  BlockPool blocks;
  WorkspacePool workspaces;
  std::shared_ptr<const TlsServer> tls;  // that new connections get; null where there is no TLS
  TicketKeys ticket_keys;
  Handshakes handshakes;
  LiveCounters counters;
  Complaints wrong_protocols{"client ", "times"};  // that speak another than the listener's
  bool draining = false;
  const std::chrono::nanoseconds look_at_reader_after;
  std::uint64_t next_connection;

 private:
  std::time_t date_at_ = 0;
  std::string date_;
  Complaints stable_complaints_{"", "failures"};
};

}  // namespace truemirror
