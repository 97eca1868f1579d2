#include "proxy/admin/server.h"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <list>
#include <new>
#include <thread>

#include "proxy/admin/routes.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeadBytes = 16u << 10;
constexpr std::uint64_t kMaxBodyBytes = 4u << 10;
constexpr std::chrono::milliseconds kAcceptPause{100};  // after a failure such as too many open files

using RequestParser = http::request_parser<http::string_body>;
using AdminMessage = http::response<http::span_body<const char>>;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string_view> field(const http::fields& fields, http::field name) {
  // A field given twice is read as none of its values: two Hosts are nobody's.
  if (fields.count(name) > 1) return "";
  const auto found = fields.find(name);
  return found == fields.end() ? std::nullopt : std::optional(view(found->value()));
}

AdminRequest as_request(const http::request<http::string_body>& message) {
  return {view(message.method_string()),
          view(message.target()),
          field(message, http::field::host),
          field(message, http::field::origin),
          field(message, http::field::authorization),
          field(message, http::field::content_type),
          message.body()};
}

// For a request that could not be read; none: close without a word.
std::optional<AdminResponse> answer_to_garbage(const beast::error_code& error) {
  if (error == http::error::header_limit) return admin_error(431, "the head is over 16 KiB");
  if (error == http::error::body_limit) return admin_error(413, "the body is over 4 KiB");
  const bool ours = error.category() == beast::error_code(http::error::bad_method).category();
  if (!ours || error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  return admin_error(400, "this is no HTTP/1.1 request: " + error.message());
}

// What goes wrong with one connection has ended that connection, and nothing else; but for want of memory all ends.
void end_for_want_of_memory(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return;
  }
}

AdminMessage as_message(const AdminResponse& answer, unsigned version, bool keep_alive, bool head_only) {
  AdminMessage message(static_cast<http::status>(answer.status), version);
  message.set(http::field::content_type, answer.content_type);
  message.set(http::field::cache_control, "no-store");
  message.set("Content-Security-Policy",
              "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
              "frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  message.set("X-Content-Type-Options", "nosniff");
  message.set("Referrer-Policy", "no-referrer");
  message.set("Cross-Origin-Resource-Policy", "same-origin");
  if (!answer.allow.empty()) message.set(http::field::allow, answer.allow);
  if (answer.status == 401) message.set(http::field::www_authenticate, "Bearer");
  message.keep_alive(keep_alive);
  message.content_length(answer.body->size());
  if (!head_only) message.body() = {answer.body->data(), answer.body->size()};
  return message;
}

}  // namespace

class AdminServer::Impl {
 public:
  Impl(AdminOptions options, tcp::acceptor::endpoint_type bound, AdminHooks hooks)
      : options_(std::move(options)),
        endpoint_(std::move(bound)),
        routes_(std::move(hooks), AccessRules(options_.host, endpoint_.address(), endpoint_.port(), options_.token),
                options_.refresh) {}

  // Takes over a listening socket.
  void serve(int listener) {
    acceptor_.assign(endpoint_.protocol(), listener);
    asio::co_spawn(io_, accept_all(), [](const std::exception_ptr& failed) {
      if (failed) std::rethrow_exception(failed);
    });
    thread_ = std::thread([this] {
      if (options_.on_thread_start) options_.on_thread_start();
      io_.run();
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      beast::error_code ignored;
      stopping_ = true;
      acceptor_.close(ignored);
      pause_.cancel();
      for (beast::tcp_stream& client : clients_) client.close();
    });
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return endpoint_.port(); }

 private:
  using Clients = std::list<beast::tcp_stream>;

  asio::awaitable<void> accept_all() {
    while (!stopping_) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwait);
      if (stopping_) co_return;
      if (error) {
        pause_.expires_after(kAcceptPause);
        co_await pause_.async_wait(kAwait);
        continue;
      }
      if (clients_.size() >= options_.max_connections) continue;  // the socket closes
      const auto client = clients_.emplace(clients_.end(), std::move(socket));
      asio::co_spawn(io_, converse(client), [this, client](const std::exception_ptr& failed) {
        clients_.erase(client);
        if (failed) end_for_want_of_memory(failed);
      });
    }
  }

  // One connection: requests in order, until it ends, errs or waits for too long.
  asio::awaitable<void> converse(Clients::iterator client) {
    beast::flat_buffer buffer(kMaxHeadBytes + kMaxBodyBytes);
    bool keep_alive = true;
    while (keep_alive && !stopping_) {
      RequestParser parser;
      parser.header_limit(kMaxHeadBytes);
      parser.body_limit(kMaxBodyBytes);
      client->expires_after(options_.request_timeout);
      const auto [error, read] = co_await http::async_read(*client, buffer, parser, kAwait);
      std::optional<AdminResponse> answer;
      if (error) {
        answer = answer_to_garbage(error);
        if (!answer) co_return;
      } else {
        answer = routes_.answer(as_request(parser.get()));
      }
      keep_alive = !error && parser.get().keep_alive();
      const bool head_only = !error && parser.get().method() == http::verb::head;
      AdminMessage message = as_message(*answer, error ? 11 : parser.get().version(), keep_alive, head_only);
      client->expires_after(options_.request_timeout);
      http::response_serializer<http::span_body<const char>> serializer(message);
      const auto [write_error, written] = co_await http::async_write(*client, serializer, kAwait);
      if (write_error) co_return;
    }
    beast::error_code ignored;
    client->socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  const AdminOptions options_;
  const tcp::endpoint endpoint_;
  AdminRoutes routes_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  Clients clients_;  // each with a coroutine that ends before its stream does
  bool stopping_ = false;
  std::thread thread_;
};

namespace {

Problem cannot_listen(const AdminOptions& options, const std::string& why) {
  return {"--admin: cannot listen on " + options.host + ":" + std::to_string(options.port) + ": " + why};
}

// A listening socket and what it is bound to. Resolving may block: this is the start, not an I/O thread.
struct Listener {
  tcp::endpoint endpoint;
  int socket;
};
Result<Listener> listen_on(const AdminOptions& options) {
  asio::io_context io{1};
  beast::error_code error;
  const std::string host = options.host.empty() ? "0.0.0.0" : options.host;
  const auto found = tcp::resolver(io).resolve(host, std::to_string(options.port), tcp::resolver::passive, error);
  if (error || found.empty()) return cannot_listen(options, "'" + host + "' is no address of this machine");
  const tcp::endpoint wanted = found.begin()->endpoint();
  if (!wanted.address().is_loopback() && !options.token) {
    return Problem{"--admin: " + options.host +
                   " is not a loopback address, so a token is required: set 'admin: {listen: " + options.host + ":" +
                   std::to_string(options.port) + ", token: …}' in the configuration file"};
  }
  tcp::acceptor acceptor(io);
  acceptor.open(wanted.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(wanted, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(options, error.message());
  const tcp::endpoint bound = acceptor.local_endpoint(error);
  if (error) return cannot_listen(options, error.message());
  return Listener{bound, acceptor.release()};
}

}  // namespace

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminServer::~AdminServer() { stop(); }

Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminOptions options, AdminHooks hooks) {
  const auto listener = listen_on(options);
  if (listener.has_error()) return listener.error();
  auto impl = std::make_unique<Impl>(std::move(options), listener->endpoint, std::move(hooks));
  impl->serve(listener->socket);
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

Result<void> AdminServer::can_start(const AdminOptions& options) {
  const auto listener = listen_on(options);
  if (listener.has_error()) return listener.error();
  ::close(listener->socket);
  return {};
}

std::uint16_t AdminServer::port() const { return impl_->port(); }
void AdminServer::stop() { impl_->stop(); }

}  // namespace truemirror
