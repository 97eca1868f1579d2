// Whole sessions as a state machine: the input is a script of what clients, stable and time do to one live thread.
// However they behave, it neither crashes nor hangs, the bytes that a client gets are stable's answer to that very
// request or an error of ours, what stable gets is a strict grammar's, and all is counted. Where everybody behaves,
// everybody is answered. A script is letters, some with a byte after them, some with bytes up to a record separator
// (see act()).
#include <spdlog/spdlog.h>

#include "tests/fuzz/session_world.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostActs = 150;
constexpr std::size_t kMostClients = 4;
constexpr std::size_t kMostTokens = 300;

constexpr std::string_view kTrailer = "X-Sum: 7\r\n";

std::string chunked(std::string_view body, std::size_t piece, std::string_view trailers = "") {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min(piece, body.size()))) {
    const std::string_view data = body.substr(0, piece);
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
    out.append(size.data()).append(data).append("\r\n");
  }
  return out.append("0\r\n").append(trailers).append("\r\n");
}

class Script {
 public:
  explicit Script(FuzzInput input) : input_(input) {}

  void run() {
    for (std::size_t acts = 0; acts < kMostActs && !input_.empty(); ++acts) {
      act(static_cast<char>(input_.byte()));
      if (!batch_) world_.settle();
    }
    if (world_.well_behaved) everybody_is_answered();
    world_.end();
  }

 private:
  void act(char what) {
    switch (what) {
      case 'c':
        return choose_client(input_.byte());
      case 'g':
        return ask(input_.byte());
      case 'e':
        return ask_in_pieces(input_.byte());
      case 'm':
        client().held = 0;
        return;
      case 'r':
        return send_raw(input_.part());
      case 'x':
        return dishonest(client().wire), client().wire.finish_sending();
      case 'X':
        return dishonest(client().wire), client().wire.close();
      case 'z':
        client().slow = !client().slow;
        return;
      case 's':
        stable_ = input_.byte();
        return;
      case 'a':
        return answer(input_.byte());
      case 'A':
        return answer_raw(input_.part());
      case 'h':
        return on_stable([](Wire& wire) { wire.finish_sending(); });
      case 'i':
        return close_idle();
      case 'k':
        return on_stable([](Wire& wire) { wire.close(); });
      case 'l':
        world_.well_behaved = false;
        up_ = !up_;
        return world_.listen(up_);
      case 't':
        world_.well_behaved = false;
        return world_.pass(std::chrono::milliseconds(200) * input_.byte());
      case 'd':
        world_.well_behaved = false;
        return world_.drain();
      case 'b':
        batch_ = !batch_;
        return;
      default:
        return;
    }
  }

  void dishonest(const Wire&) { world_.well_behaved = false; }

  FuzzClient& client() {
    if (client_ == nullptr || ((client_->closes || client_->done) && world_.clients.size() < kMostClients))
      client_ = &world_.open_client();
    return *client_;
  }
  void choose_client(unsigned which) {
    if (world_.clients.size() < kMostClients && which % 3 == 0) {
      client_ = &world_.open_client();
      return;
    }
    if (world_.clients.empty()) return;
    auto at = world_.clients.begin();
    std::advance(at, which % world_.clients.size());
    client_ = &*at;
  }

  // A well-formed request: method, framing, version and whether it is the last on its connection come from `how`.
  void ask(unsigned how) {
    FuzzClient& who = client();
    if (who.closes || who.done || !who.wire.open()) return;
    constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    const std::string_view method = kMethods.at(how % kMethods.size());
    const bool old = how / 8 % 8 == 1;
    const bool closes = how / 8 % 8 == 2;
    const std::string target = "/c" + std::to_string(who.number) + "/r" + std::to_string(who.requests.size());
    std::string text =
        std::string(method) + " " + target + (old ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n") + "Host: shop\r\n";
    if (closes) text += "Connection: close\r\n";
    if (method == "POST" || method == "PUT") {
      const std::string body(how * 7, 'b');
      const bool in_chunks = !old && how / 64 % 2 == 1;
      if (!old && how / 8 % 8 == 3) text += "Expect: 100-continue\r\n";
      const bool trailers = in_chunks && how / 8 % 8 == 4;
      if (trailers) text += "Trailer: X-Sum\r\n";
      text += in_chunks ? "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, 50, trailers ? kTrailer : "")
                        : "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    } else {
      text += "\r\n";
    }
    who.requests.push_back(target);
    who.closes = closes || old;
    who.unsent += text;
  }
  // The same, whose end comes later: stable may answer before, and kept connections close under it.
  void ask_in_pieces(unsigned how) {
    FuzzClient& who = client();
    if (who.held > 0) return;
    const std::size_t before = who.unsent.size();
    ask(how);
    const std::size_t head = who.unsent.find("\r\n\r\n", before);
    if (head != std::string::npos) who.held = (who.unsent.size() - head - 4) * (1 + how % 2) / 2;
  }
  void send_raw(std::string_view bytes) {
    world_.well_behaved = false;
    client().unsent += bytes;
  }

  // The connection to stable that is meant: the chosen one of those that are open.
  FuzzStable* stable() {
    std::vector<FuzzStable*> open;
    for (FuzzStable& each : world_.stables) {
      if (each.wire.open() && !each.closes) open.push_back(&each);
    }
    if (open.empty() || tokens_ >= kMostTokens) return nullptr;
    FuzzStable* const meant = open[stable_ % open.size()];
    world_.hear(*meant);
    return meant;
  }
  void on_stable(void (*act)(Wire&)) {
    world_.well_behaved = false;
    if (FuzzStable* const at = stable()) act(at->wire);
  }

  // Stable closes a connection that waits for no answer, as it may at any time: nobody is the worse for it.
  void close_idle() {
    FuzzStable* const at = stable();
    if (at != nullptr && !at->due() && at->received.empty() && !at->unclear && !at->switched) at->wire.close();
  }

  // A well-formed answer to the oldest request that has none; to nobody, where `how` insists. It may come before the
  // request is whole.
  void answer(unsigned how) {
    FuzzStable* const at = stable();
    if (at == nullptr) return;
    const bool whole = at->whole > at->answered;
    if (!whole && how % 4 != 3) return;
    answer_on(*at, how);
    // One that closes cuts off what is still to come.
    world_.well_behaved = world_.well_behaved && (whole || (early_ && !at->closes));
  }
  void answer_on(FuzzStable& at, unsigned how) {
    ++tokens_;
    early_ = at.due();
    const std::string method = at.due() ? at.asked[at.answered].method : "GET";
    const std::size_t size = how % 16 == 15 ? 300'000 : how % 16 * 100;
    const std::string body = world_.body(at, std::string(size, 'a'));
    const unsigned framing = how / 16 % 4;  // length, chunked, until the end, length after an interim response
    at.closes = framing == 2 || how / 64 % 4 == 1;
    std::string text = framing == 3 ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "";
    text += "HTTP/1.1 200 OK\r\n";
    if (framing == 1) text += "Transfer-Encoding: chunked\r\n";
    if (framing % 3 == 0) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += at.closes ? "Connection: close\r\n\r\n" : "\r\n";
    if (method != "HEAD") text += framing == 1 ? chunked(body, 1'000) : body;
    world_.say(at, text);
    if (framing == 2) ++at.answered;
  }
  // `@` stands for a token.
  void answer_raw(std::string_view bytes) {
    world_.well_behaved = false;
    FuzzStable* const at = stable();
    if (at == nullptr) return;
    while (!bytes.empty()) {
      const std::string_view plain = bytes.substr(0, bytes.find('@'));
      world_.say(*at, plain);
      bytes.remove_prefix(plain.size());
      if (bytes.empty()) break;
      bytes.remove_prefix(1);
      ++tokens_;
      world_.say(*at, world_.token(*at));
    }
  }

  void everybody_is_answered() {
    for (FuzzClient& each : world_.clients) each.slow = false, each.held = 0;
    for (int round = 0; round < 1'000; ++round) {
      world_.settle();
      bool any = false;
      for (FuzzStable& at : world_.stables) {
        if (!at.wire.open() || at.closes || at.whole <= at.answered) continue;
        answer_on(at, 0);
        any = true;
      }
      if (!any) break;
    }
    for (const FuzzClient& each : world_.clients) {
      require(each.answers == each.requests.size(), "who behaves is answered");
      for (const int status : each.statuses) require(status == 200, "who behaves gets stable's answer");
    }
  }

  FuzzInput input_;
  World world_;
  FuzzClient* client_ = nullptr;
  unsigned stable_ = 0;
  std::size_t tokens_ = 0;
  bool up_ = true, batch_ = false;
  bool early_ = false;  // the last answer was to a request, if not to a whole one
};

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  static const bool quiet = [] {
    spdlog::set_level(spdlog::level::off);
    return true;
  }();
  if (!quiet || size > 32'768) return 0;
  Script(FuzzInput(data, size)).run();
  // A descriptor that stays behind would move this one.
  static const int first = ::dup(0);
  static const bool closed = ::close(first) == 0;
  const int next = ::dup(0);
  require(closed && next == first, "no descriptor is left open");
  ::close(next);
  return 0;
}
