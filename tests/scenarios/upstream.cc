#include "tests/scenarios/upstream.h"

#include "proxy/http/body_decoder.h"
#include "proxy/http/head_writer.h"

namespace truemirror::testing {
namespace {

// Reads one request; false where the connection ended first.
bool read_request(const Socket& socket, std::string& unread, Asked& asked) {
  HeadScanner scanner;
  RequestHead head;
  while (unread.empty() || scanner.scan(unread, head) == ScanResult::need_more) {
    const std::string bytes = socket.receive();
    if (bytes.empty()) return false;
    unread += bytes;
  }
  if (scanner.error() != HeadError::none) return false;
  asked.head = unread.substr(0, head.size);
  asked.request = to_request(head);
  BodyDecoder body;
  body.start(head.framing, head.content_length);
  std::string rest = unread.substr(head.size);
  std::string payload;
  while (!body.done()) {
    if (rest.empty() && (rest = socket.receive()).empty()) return false;
    std::vector<std::string_view> spans;
    const std::size_t consumed = body.feed(rest, spans);
    if (body.failed()) return false;
    for (std::string_view span : spans) payload.append(span);
    rest.erase(0, consumed);
  }
  asked.request.body = Body(std::move(payload));
  asked.framing = {head.framing == Framing::chunked, body.trailers()};
  unread = std::move(rest);
  return true;
}

}  // namespace

Upstream::Upstream(Script script, std::uint16_t port)
    : script_(std::move(script)), port_(port), listener_(Socket::listen(port_)), acceptor_([this] { accept_loop(); }) {}

Upstream::~Upstream() {
  stopping_ = true;
  listener_.shutdown_both();
  acceptor_.join();
  close_connections();
  for (std::thread& thread : threads_) thread.join();
}

void Upstream::accept_loop() {
  while (!stopping_) {
    Socket accepted = listener_.accept();
    if (!accepted.valid()) continue;
    const std::lock_guard lock(mutex_);
    Socket& socket = sockets_.emplace_back(std::move(accepted));
    threads_.emplace_back([this, &socket] { serve(socket); });
  }
}

void Upstream::serve(Socket& socket) {
  std::string unread;
  for (;;) {
    Asked asked;
    if (!read_request(socket, unread, asked)) break;
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(asked);
    }
    if (!script_(asked, socket)) break;
  }
  const std::lock_guard lock(mutex_);
  socket.close();
}

std::vector<Asked> Upstream::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void Upstream::close_connections() {
  const std::lock_guard lock(mutex_);
  for (Socket& socket : sockets_) {
    if (socket.valid()) socket.shutdown_both();
  }
}

Conversation::Conversation(std::function<void(const Socket&)> script)
    : listener_(Socket::listen(port_)), thread_([this, script = std::move(script)] {
        const Socket socket = listener_.accept();
        if (socket.valid()) script(socket);
      }) {}

Conversation::~Conversation() {
  listener_.shutdown_both();
  thread_.join();
}

std::string ok(const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 200 OK\r\n" + more_headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Upstream::Script always(const std::string& bytes) {
  return [bytes](const Asked&, Socket& socket) { return socket.send(bytes); };
}

Upstream::Script hangs() {
  return [](const Asked&, Socket& socket) { return !socket.receive().empty(); };
}

Upstream::Script resets_mid_body() {
  return [](const Asked&, Socket& socket) {
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
    socket.reset_on_close();
    return false;
  };
}

Upstream::Script never_ends() {
  return [](const Asked&, Socket& socket) {
    if (!socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")) return false;
    const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
    while (socket.send(chunk)) {
    }
    return false;
  };
}

Upstream::Script talks_garbage() {
  return [](const Asked&, Socket& socket) {
    socket.send("SSH-2.0-OpenSSH_9.2\r\n");
    return false;
  };
}

}  // namespace truemirror::testing
