// The relay's two directions as conversations, in the order of the wire: what comes from one side, what goes to the
// other, and how it ends. No sockets and no time.
#include <gtest/gtest.h>

#include <boost/asio/buffers_iterator.hpp>
#include <list>

#include "proxy/live/download.h"

namespace truemirror {
namespace {

// One exchange, relayed as Relay does it but for the waiting. What is sent is returned as text.
class Exchange {
 public:
  // `head`: the request's, with its blank line; `with_it`: what of the body came in the same packet.
  explicit Exchange(const std::string& head, const std::string& with_it = "", std::uint64_t most_bytes = 0)
      : upload_(space_, blocks_, most_bytes) {
    const std::string& bytes = keep(head + with_it);
    EXPECT_EQ(space_.request_scanner.scan(bytes, space_.request), ScanResult::complete);
    space_.method = space_.request.method;
    course_.upgrade = space_.request.has_upgrade_option ? "websocket" : "";
    upload_.begin(space_.request);
    left_ = with_it.substr(upload_.take(std::string_view(bytes).substr(space_.request.size)));
  }

  // A connection to stable: what is written to it first, beyond the head.
  std::string dial(bool kept = false) {
    download_.begin();
    from_stable_.clear();
    if (kept && upload_.state() != Upload::State::whole) upload_.hold();
    std::vector<boost::asio::const_buffer> out;
    upload_.frame_again(out);
    upload_.written();
    return text(out);
  }
  std::string client_sends(const std::string& bytes) {
    const std::string& all = keep(left_ + bytes);
    left_.clear();
    if (!upload_.wants_more()) {
      left_ = all;
      return "";
    }
    left_ = all.substr(upload_.take(all));
    if (upload_.ended()) return "";
    std::vector<boost::asio::const_buffer> out;
    upload_.frame(out);
    upload_.written();
    return text(out);
  }
  // What goes to the client, the fields of the head left out but for Connection.
  std::string stable_says(const std::string& bytes) {
    if (!bytes.empty() && download_.state() == Download::State::silent) {
      download_.heard();
      upload_.let_go();
    }
    from_stable_ += bytes;
    std::string went;
    while (!download_.committed()) {
      const Download::Step step = download_.look(from_stable_, course_, upload_);
      if (step == Download::Step::read || step == Download::Step::give_up) return went;
      if (step == Download::Step::tunnel) {
        download_.switch_over();
        return went + "tunnel";
      }
      from_stable_.erase(0, space_.response.size);
      if (step == Download::Step::interim) {
        if (space_.response.status == 100) upload_.continued();
        went += std::to_string(space_.response.status) + " ";
        continue;
      }
      ResponseFacts facts;
      facts.close = closes_ = closes();
      download_.prepare_answer(facts);
      went += std::to_string(space_.response.status) + (closes_ ? " close: " : ": ");
      download_.begin_answer();
    }
    if (download_.state() != Download::State::answering) return went;
    const std::string& body = keep(from_stable_);
    from_stable_.erase(0, download_.take(body));
    std::vector<boost::asio::const_buffer> out;
    download_.frame(out);
    if (space_.response_body.done()) download_.complete();
    return went + text(out);
  }
  void stable_ends(bool late = false) {
    if (download_.state() == Download::State::answering && download_.finish()) return download_.complete();
    if (download_.state() == Download::State::answering) return download_.cut_off();
    if (!download_.committed())
      download_.ended({502, "stable_reset", "read from stable: end of file"},
                      late ? Download::End::late : Download::End::in_order);
  }

  Upload& upload() { return upload_; }
  Download& download() { return download_; }
  [[nodiscard]] Ending ending() const { return ending_of(upload_, download_, closes_); }
  // What came after the request: the next one's.
  [[nodiscard]] const std::string& left() const { return left_; }

 private:
  const std::string& keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }
  [[nodiscard]] bool closes() const { return answer_closes(space_.request.keep_alive, upload_, download_); }
  static std::string text(const std::vector<boost::asio::const_buffer>& buffers) {
    return {boost::asio::buffers_begin(buffers), boost::asio::buffers_end(buffers)};
  }

  BufferBudget budget_{64, 1};
  BlockPool blocks_{budget_};
  Workspace space_{blocks_, LiveLimits{}};
  Course course_;
  Upload upload_;
  Download download_{space_};
  std::list<std::string> kept_;
  std::string left_, from_stable_;
  bool closes_ = false;
};

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr const char* kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
constexpr const char* kPut = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n";
constexpr const char* kExpect = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
constexpr const char* kChunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr const char* kDone = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

TEST(RelayConversation, ARequestAndItsResponse) {
  Exchange exchange(kGet);
  EXPECT_EQ(exchange.dial(), "");
  EXPECT_TRUE(exchange.upload().sent());
  EXPECT_EQ(exchange.stable_says("HTTP/1.1 200 OK\r\nContent-"), "");
  EXPECT_EQ(exchange.stable_says("Length: 4\r\n\r\ndo"), "200: do");
  EXPECT_EQ(exchange.stable_says("ne"), "ne");
  EXPECT_EQ(exchange.ending(), Ending::keep);
}

TEST(RelayConversation, AnEarlyAnswerLetsTheUploadGoOnAndTheConnectionStays) {
  Exchange exchange(kPost, "ab");
  EXPECT_EQ(exchange.dial(), "ab");
  EXPECT_EQ(exchange.stable_says(kDone), "200: done");
  EXPECT_TRUE(exchange.download().is_complete());
  EXPECT_TRUE(exchange.upload().wants_more());
  EXPECT_EQ(exchange.client_sends("cdef"), "cdef");
  EXPECT_EQ(exchange.client_sends("ghGET"), "gh");
  EXPECT_EQ(exchange.left(), "GET");
  EXPECT_EQ(exchange.ending(), Ending::keep);
}

TEST(RelayConversation, AnEarlyAnswerOfAStableThatClosesAnnouncesTheEnd) {
  Exchange exchange(kPost, "ab");
  exchange.dial();
  EXPECT_EQ(exchange.stable_says("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig"),
            "413 close: big");
  EXPECT_EQ(exchange.client_sends("cd"), "cd");  // as long as stable takes it
  exchange.upload().end(Upload::Cut::stable_left);
  EXPECT_EQ(exchange.client_sends("ef"), "");
  EXPECT_EQ(exchange.ending(), Ending::close);
}

TEST(RelayConversation, AStableThatStoppedReadingBeforeItAnswersIsAnnouncedToo) {
  Exchange exchange(kPost, "ab");
  exchange.dial();
  exchange.upload().end(Upload::Cut::stable_left);
  EXPECT_EQ(exchange.stable_says(kDone), "200 close: done");
  EXPECT_EQ(exchange.ending(), Ending::close);
}

TEST(RelayConversation, TheBodyWaitsForStables100AndTheConnectionStays) {
  Exchange exchange(kExpect);
  exchange.dial();
  EXPECT_TRUE(exchange.upload().held_back());
  EXPECT_EQ(exchange.stable_says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"),
            "100 200: done");
  EXPECT_FALSE(exchange.upload().held_back());
  EXPECT_EQ(exchange.client_sends("body"), "body");
  EXPECT_EQ(exchange.ending(), Ending::keep);
}

TEST(RelayConversation, AFinalAnswerInPlaceOf100LeavesTheBodyToTheClient) {
  Exchange sends(kExpect);
  sends.dial();
  EXPECT_EQ(sends.stable_says(kDone), "200: done");
  EXPECT_TRUE(sends.upload().held_back());
  EXPECT_EQ(sends.client_sends("body"), "body");
  EXPECT_EQ(sends.ending(), Ending::keep);

  Exchange leaves(kExpect);
  leaves.dial();
  leaves.stable_says(kDone);
  leaves.upload().end(Upload::Cut::client_left);
  EXPECT_EQ(leaves.ending(), Ending::abort);

  Exchange refused(kExpect);
  refused.dial();
  EXPECT_EQ(refused.stable_says("HTTP/1.1 417 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), "417 close: ");
  refused.upload().end(Upload::Cut::stable_left);
  EXPECT_EQ(refused.ending(), Ending::close);
}

TEST(RelayConversation, ARequestLostOnAKeptConnectionIsWholeForAnother) {
  Exchange exchange(kPut, "ab");
  EXPECT_EQ(exchange.dial(true), "ab");
  EXPECT_EQ(exchange.client_sends("cd"), "cd");
  EXPECT_EQ(exchange.client_sends("ef"), "ef");
  exchange.upload().end(Upload::Cut::stable_left);
  exchange.stable_ends();
  EXPECT_EQ(exchange.download().state(), Download::State::lost);
  ASSERT_TRUE(exchange.upload().repeatable());
  EXPECT_EQ(exchange.dial(), "abcdef");
  EXPECT_EQ(exchange.client_sends("gh"), "gh");
  EXPECT_EQ(exchange.stable_says(kDone), "200: done");
  EXPECT_EQ(exchange.ending(), Ending::keep);
}

TEST(RelayConversation, WhatCameInChunksIsFramedAnewForAnotherConnectionWithItsEnd) {
  Exchange exchange(kChunked, "3\r\nabc\r\n");
  EXPECT_EQ(exchange.dial(true), "3\r\nabc\r\n");
  EXPECT_EQ(exchange.client_sends("2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"), "2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  exchange.stable_ends();
  ASSERT_TRUE(exchange.upload().repeatable());
  EXPECT_EQ(exchange.dial(), "5\r\nabcde\r\n0\r\nX-Sum: 5\r\n\r\n");
  EXPECT_TRUE(exchange.upload().sent());
}

TEST(RelayConversation, ARequestBeforeItsBodyIsWholeForAnotherConnection) {
  Exchange exchange(kExpect);
  exchange.dial(true);
  exchange.stable_ends();
  ASSERT_TRUE(exchange.upload().repeatable());
  EXPECT_EQ(exchange.dial(), "");
  EXPECT_TRUE(exchange.upload().held_back());
}

TEST(RelayConversation, NothingIsSentAgainOnceSomethingCameOrTooMuchWent) {
  Exchange heard(kPut, "ab");
  heard.dial(true);
  heard.stable_says("H");
  heard.stable_ends();
  EXPECT_EQ(heard.download().state(), Download::State::failed);
  EXPECT_FALSE(heard.upload().repeatable());

  const std::string size = std::to_string(BlockPool::kBlockBytes + 1);
  Exchange large("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + "\r\n\r\n");
  large.dial(true);
  large.client_sends(std::string(BlockPool::kBlockBytes, 'x'));
  EXPECT_TRUE(large.upload().repeatable());
  large.client_sends("x");
  EXPECT_FALSE(large.upload().repeatable());

  Exchange unheld(kPut, "ab");
  unheld.dial();
  EXPECT_TRUE(unheld.upload().repeatable());
  unheld.client_sends("cd");
  EXPECT_FALSE(unheld.upload().repeatable());
}

TEST(RelayConversation, AStableThatIsLateIsNotAskedAgain) {
  Exchange exchange(kGet);
  exchange.dial(true);
  exchange.stable_ends(true);
  EXPECT_EQ(exchange.download().state(), Download::State::failed);
  EXPECT_EQ(exchange.ending(), Ending::answer_failure);
}

TEST(RelayConversation, WhatIsWrongWithABodyIsToldUnlessThereIsAnAnswer) {
  Exchange malformed(kChunked);
  malformed.dial();
  EXPECT_EQ(malformed.client_sends("zz\r\n"), "");
  EXPECT_EQ(malformed.upload().cut(), Upload::Cut::malformed);
  malformed.stable_ends();
  EXPECT_EQ(malformed.ending(), Ending::answer_problem);

  Exchange large(kPost, "", 7);
  EXPECT_EQ(large.upload().cut(), Upload::Cut::too_large);
  EXPECT_EQ(problem_of(large.upload().cut()).status, 413);

  Exchange answered(kChunked);
  answered.dial();
  answered.stable_says(kDone);
  answered.client_sends("zz\r\n");
  EXPECT_EQ(answered.ending(), Ending::close);

  Exchange half(kChunked);
  half.dial();
  half.stable_says("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndo");
  half.client_sends("zz\r\n");
  half.stable_ends();
  EXPECT_EQ(half.ending(), Ending::abort);
}

TEST(RelayConversation, AResponseThatIsCutOffStaysCutOff) {
  Exchange exchange(kGet);
  exchange.dial();
  EXPECT_EQ(exchange.stable_says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "200: half");
  exchange.stable_ends();
  EXPECT_EQ(exchange.download().state(), Download::State::broken);
  EXPECT_EQ(exchange.ending(), Ending::abort);
}

TEST(RelayConversation, A101ThatNobodyAskedForIsNoAnswerAndAnotherOpensATunnel) {
  constexpr const char* kSwitch = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  Exchange unasked(kGet);
  unasked.dial();
  EXPECT_EQ(unasked.stable_says(kSwitch), "");
  EXPECT_EQ(unasked.ending(), Ending::answer_failure);
  EXPECT_EQ(unasked.download().failure().reason, "stable_garbage");

  Exchange asked("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  asked.dial();
  EXPECT_EQ(asked.stable_says(kSwitch), "tunnel");
  EXPECT_EQ(asked.ending(), Ending::tunnel);
}

}  // namespace
}  // namespace truemirror
