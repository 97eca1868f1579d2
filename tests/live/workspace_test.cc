#include "proxy/live/workspace.h"

#include <gtest/gtest.h>

#include <functional>

namespace truemirror {
namespace {

constexpr std::size_t kMany = 10'000;
constexpr std::size_t kUsual = 32u << 10;

struct Thread {
  BufferBudget budget{16, 1};
  BlockPool blocks{budget};
  WorkspacePool workspaces{blocks, LiveLimits{}};
};

std::size_t kept_after(const std::function<void(Workspace&)>& exchange) {
  Thread thread;
  std::unique_ptr<Workspace> space = thread.workspaces.take();
  exchange(*space);
  thread.workspaces.give(std::move(space));
  return thread.workspaces.take()->footprint();
}

TEST(Workspace, IsUsedAgainWithItsMemory) {
  EXPECT_GE(kept_after([](Workspace& space) { space.response_text.assign(1'000, 'x'); }), 1'000u);
}

TEST(Workspace, OneMadeLargeByAHostileMessageIsNotKept) {
  EXPECT_LT(kept_after([](Workspace& space) { space.request_text.assign(kUsual, 'x'); }), kUsual);
  EXPECT_LT(kept_after([](Workspace& space) {
              std::string head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: a";
              for (std::size_t at = 1; at < kMany; ++at) head += ",a";
              head += "\r\n\r\n";
              ASSERT_EQ(space.request_scanner.scan(head, space.request), ScanResult::complete);
            }),
            kUsual);
  EXPECT_LT(kept_after([](Workspace& space) {
              space.request_body.start(Framing::chunked, 0);
              std::string chunks;
              for (std::size_t at = 0; at < kMany; ++at) chunks += "1\r\nx\r\n";
              (void)space.request_body.feed(chunks, space.request_payload);
              space.request_framer.frame(space.request_payload, false, {}, space.to_stable);
            }),
            kUsual);
}

}  // namespace
}  // namespace truemirror
