// A stream under TLS. OpenSSL reads and writes through a BIO of ours that knows what the poller knows: a read that came
// back short has emptied the socket, and one that would find nothing is not made. A message costs one read and one
// write, as in plain.
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>

#include "proxy/upstream/stream.h"

namespace truemirror {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kRecord = 16u << 10;  // RFC 8446 §5.1
// Records without a byte for us (key updates, empty ones) that one attempt reads before others have their turn.
constexpr unsigned kMostReads = 32;
thread_local unsigned reads_left = 0;
// Where a handshake's bytes go, while OpenSSL works on one: it writes them in pieces of 4 KiB, and each session ticket
// by itself, and each write to the socket costs as much as many of those.
thread_local std::string* flight = nullptr;
thread_local int more_follows = 0;  // MSG_MORE while what is written is the last before the end

bool would_block(int code) { return code == EAGAIN || code == EWOULDBLOCK; }

Poller::Socket& socket_of(BIO* bio) { return *static_cast<Poller::Socket*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, int size) {
  Poller::Socket& socket = socket_of(bio);
  BIO_clear_retry_flags(bio);
  if (!socket.readable() || reads_left == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  --reads_left;
  const ssize_t got = ::recv(socket.descriptor(), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < size && (got >= 0 || would_block(errno))) socket.drained();
  if (got < 0 && would_block(errno)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  Poller::Socket& socket = socket_of(bio);
  BIO_clear_retry_flags(bio);
  if (flight != nullptr) {
    flight->append(bytes, static_cast<std::size_t>(size));
    return size;
  }
  if (!socket.writable()) {
    BIO_set_retry_write(bio);
    return -1;
  }
  const ssize_t sent =
      ::send(socket.descriptor(), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL | more_follows);
  if (sent > 0) socket.wrote(static_cast<std::size_t>(sent));
  if (sent < 0 && would_block(errno)) {
    socket.blocked();
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "polled socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

// The socket outlives the BIO: it is the stream's, as the SSL is that holds the BIO.
BIO* make_bio(Poller::Socket& socket) {
  static std::atomic<BIO_METHOD*> known{nullptr};  // made again where there was no memory for it
  BIO_METHOD* method = known.load();
  if (method == nullptr) {
    BIO_METHOD* const fresh = make_method();
    if (known.compare_exchange_strong(method, fresh)) {
      method = fresh;
    } else {
      BIO_meth_free(fresh);
    }
  }
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

// The next record's plain bytes, from one buffer or gathered from several: each record costs a header, a tag and a
// system call. After a write that has to wait it gathers the same again, as OpenSSL asks.
std::span<const char> next_record(std::span<const asio::const_buffer> buffers) {
  const asio::const_buffer& first = buffers.front();
  if (buffers.size() == 1 || first.size() >= kRecord)
    return {static_cast<const char*>(first.data()), std::min(first.size(), kRecord)};
  thread_local std::array<char, kRecord> record;
  std::size_t size = 0;
  for (const asio::const_buffer& each : buffers) {
    const std::size_t part = std::min(each.size(), kRecord - size);
    if (part > 0) std::memcpy(record.data() + size, each.data(), part);
    size += part;
    if (size == kRecord) break;
  }
  return {record.data(), size};
}

}  // namespace

bool Stream::ReadOp::attempt_tls() {
  Poller::Socket& socket = *stream_.socket_;
  SSL* const ssl = stream_.tls_.get();
  if (!socket.readable() && !socket.reader_wants_room() && SSL_has_pending(ssl) == 0) return false;
  ERR_clear_error();
  reads_left = kMostReads;
  const int got = SSL_read(ssl, into_.data(), static_cast<int>(std::min(into_.size(), kRecord)));
  if (got > 0) {
    result_.bytes = static_cast<std::size_t>(got);
    socket.moved(result_.bytes);
    ++stream_.unbroken_;
    return true;
  }
  result_.error = stream_.tls_outcome(got, true);
  // More to read, but others first.
  if (!result_.error && reads_left == 0 && !socket.nudge_reader()) stream_.unbroken_ = kMostUnbroken;
  return static_cast<bool>(result_.error);
}

error_code Stream::tls_outcome(int result, bool reading) {
  const int code = errno;
  socket_->reader_wants_room(false);
  const int outcome = SSL_get_error(tls_.get(), result);
  if (outcome == SSL_ERROR_WANT_READ) return {};
  if (outcome == SSL_ERROR_WANT_WRITE) {
    if (reading) socket_->reader_wants_room(true);
    return {};
  }
  if (outcome == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  SSL_set_quiet_shutdown(tls_.get(), 1);  // broken: there is no goodbye
  if (outcome == SSL_ERROR_SYSCALL && code != 0) return {code, boost::system::system_category()};
  const unsigned long reason = ERR_get_error();
  if (reason == 0 || ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return asio::ssl::error::stream_truncated;
  return {static_cast<int>(reason), asio::error::get_ssl_category()};
}

bool Stream::WriteOp::attempt_tls() {
  while (!buffers_.empty()) {
    if (!stream_.socket_->writable()) return false;
    const std::span<const char> record = next_record(buffers_);
    if (record.empty()) {  // buffers without bytes
      buffers_ = {};
      break;
    }
    ERR_clear_error();
    more_follows = how_ == Sending::last ? MSG_MORE : 0;
    const int sent = SSL_write(stream_.tls_.get(), record.data(), static_cast<int>(record.size()));
    more_follows = 0;
    if (sent <= 0) {
      result_.error = stream_.tls_outcome(sent, false);
      return static_cast<bool>(result_.error);
    }
    advance(static_cast<std::size_t>(sent));
  }
  return true;
}

Task<error_code> Stream::handshake(UniqueSsl ssl) {
  BIO* const bio = ssl ? make_bio(*socket_) : nullptr;
  if (bio == nullptr) co_return error_code(asio::error::no_memory);
  SSL_set_bio(ssl.get(), bio, bio);
  tls_ = std::move(ssl);
  std::string unsent;
  for (;;) {
    if (!is_open()) co_return error_code(asio::error::operation_aborted);
    ERR_clear_error();
    reads_left = kMostReads;
    flight = &unsent;
    const int done = SSL_do_handshake(tls_.get());
    flight = nullptr;
    error_code error;
    if (done != 1) error = tls_outcome(done, false);
    std::array<asio::const_buffer, 1> bytes{asio::const_buffer(unsent.data(), unsent.size())};
    const std::span<asio::const_buffer> all(bytes.data(), unsent.empty() ? 0 : 1);
    const IoResult sent = co_await write(all, Sending::sealed);  // an alert, where it failed
    if (!error) error = sent.error;
    if (error || done == 1) co_return error;
    unsent.clear();
    co_await ReadyOp(*this, ReadyOp::For::more_input);
  }
}

// What a TLS 1.3 peer sends after the handshake (session tickets, new keys) is no answer that nobody asked for.
bool Stream::tls_quiet() {
  if (!socket_->readable() && SSL_has_pending(tls_.get()) == 0) return true;
  char byte = 0;
  ERR_clear_error();
  reads_left = kMostReads;
  const int got = SSL_peek(tls_.get(), &byte, 1);
  return got <= 0 && !tls_outcome(got, true) && !socket_->reader_wants_room();
}

void Stream::say_goodbye() {
  if (!is_open()) return;
  ERR_clear_error();
  reads_left = kMostReads;
  (void)SSL_shutdown(tls_.get());
  ERR_clear_error();
}

}  // namespace truemirror
