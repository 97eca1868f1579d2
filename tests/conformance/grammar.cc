#include "tests/conformance/grammar.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/conformance/abnf.h"

namespace truemirror::conformance {
namespace {

constexpr std::size_t kMaxSizeDigits = 15;  // of a chunk: below 2^60

bool is_ows(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

// field-line CRLF = field-name ":" OWS field-value OWS CRLF (RFC 9112 §5)
Field field_line(Cursor& in) {
  Field field;
  field.name = in.some(is_tchar, "a field name is a token, and the colon follows it");
  in.expect(":", "a colon follows the field name");
  field.value = trimmed(in.while_is(is_field_octet));
  in.expect("\r\n", "a field line holds visible bytes, blanks and tabs, and ends in CRLF");
  return field;
}

std::vector<Field> field_lines(Cursor& in) {
  std::vector<Field> fields;
  while (!in.failed() && !in.peek('\r')) fields.push_back(field_line(in));
  in.expect("\r\n", "an empty line ends the fields");
  return fields;
}

int version(Cursor& in) {
  in.expect("HTTP/1.", "the version is HTTP/1.0 or HTTP/1.1");
  if (in.take("1")) return 1;
  in.expect("0", "the version is HTTP/1.0 or HTTP/1.1");
  return 0;
}

std::size_t count(const Message& message, std::string_view name) {
  return static_cast<std::size_t>(std::count_if(message.fields.begin(), message.fields.end(),
                                                [&](const Field& field) { return same_name(field.name, name); }));
}

void check_connection(const Message& message, Cursor& in) {
  for (const Field& field : message.fields) {
    if (!same_name(field.name, "connection")) continue;
    std::string_view list = field.value;
    for (bool more = true; more;) {
      const std::size_t comma = list.find(',');
      const std::string_view option = trimmed(list.substr(0, comma));
      if (!option.empty() && !is_token(option)) in.reject("an option of Connection is a token");
      more = comma != std::string_view::npos;
      if (more) list.remove_prefix(comma + 1);
    }
  }
}

// RFC 9112 §6: one length or `chunked`, never both; `chunked` not in HTTP/1.0. `length` is set where it is said.
void read_framing(Message& message, std::uint64_t& length, Cursor& in) {
  check_connection(message, in);
  const std::size_t lengths = count(message, "content-length");
  const std::size_t codings = count(message, "transfer-encoding");
  if (lengths + codings > 1) return in.reject("one Content-Length or one Transfer-Encoding");
  if (lengths == 1) {
    const auto value = length_of(*message.get("content-length"));
    if (!value) return in.reject("Content-Length is digits, below 2^63");
    length = *value;
    message.framing = BodyFraming::length;
  } else if (codings == 1) {
    if (message.minor_version == 0) return in.reject("HTTP/1.0 has no Transfer-Encoding");
    if (!same_name(*message.get("transfer-encoding"), "chunked")) return in.reject("the transfer coding is chunked");
    message.framing = BodyFraming::chunked;
  }
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
void chunk_extensions(Cursor& in) {
  bool blanks = !in.while_is(is_ows).empty();
  while (!in.failed() && in.take(";")) {
    in.while_is(is_ows);
    in.some(is_tchar, "a chunk extension has a name");
    blanks = !in.while_is(is_ows).empty();
    if (in.take("=")) {
      in.while_is(is_ows);
      if (in.peek('"')) {
        in.quoted_string();
      } else {
        in.some(is_tchar, "the value of a chunk extension is a token or a quoted string");
      }
      blanks = !in.while_is(is_ows).empty();
    }
  }
  if (blanks && !in.failed()) in.fail("blanks in a chunk's line stand before a semicolon or an equals sign");
}

std::uint64_t chunk_size(Cursor& in) {
  const std::string_view digits = in.some(is_hexdig, "a chunk begins with its size in hexadecimal digits");
  if (digits.size() > kMaxSizeDigits) in.reject("a chunk's size is below 2^60");
  std::uint64_t size = 0;
  for (char c : digits.substr(0, kMaxSizeDigits))
    size = size * 16 + static_cast<std::uint64_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  chunk_extensions(in);
  in.expect("\r\n", "CRLF ends a chunk's line");
  return size;
}

void chunked_body(Message& message, Cursor& in) {
  while (!in.failed()) {
    const std::uint64_t size = chunk_size(in);
    if (in.failed() || size == 0) break;
    message.body.append(in.bytes(size));
    in.expect("\r\n", "CRLF ends a chunk's data");
  }
  if (in.failed()) return;
  message.trailers = field_lines(in);
  for (const Field& field : message.trailers) {
    for (const std::string_view name : {"content-length", "transfer-encoding", "host"}) {
      if (same_name(field.name, name)) in.reject("a trailer does not frame or route");
    }
  }
}

void body(Message& message, std::uint64_t length, Cursor& in) {
  if (in.failed()) return;
  if (message.framing == BodyFraming::length) message.body = in.bytes(length);
  if (message.framing == BodyFraming::chunked) chunked_body(message, in);
  if (message.framing == BodyFraming::until_close) message.body = in.rest();
}

Message request(Cursor& in) {
  Message message;
  const std::size_t start = in.at();
  std::uint64_t length = 0;
  message.method = in.some(is_tchar, "a method is a token");
  in.expect(" ", "one space follows the method");
  message.target = in.some([](char c) { return c > 0x20 && c < 0x7f; }, "a target holds visible ASCII bytes");
  in.expect(" ", "one space follows the target");
  message.minor_version = version(in);
  in.expect("\r\n", "CRLF ends the request line");
  if (!in.failed() && !is_target(message.target, message.method)) in.reject("the target has one of the four forms");
  message.fields = field_lines(in);
  message.head = in.since(start);
  if (in.failed()) return message;
  const std::size_t hosts = count(message, "host");
  if (hosts > 1 || (hosts == 0 && message.minor_version == 1)) in.reject("one Host");
  if (hosts == 1 && !is_host(*message.get("host"))) in.reject("Host is a host and perhaps a port");
  read_framing(message, length, in);
  body(message, length, in);
  return message;
}

Message response(Cursor& in, std::string_view method, bool closed) {
  Message message;
  const std::size_t start = in.at();
  std::uint64_t length = 0;
  message.minor_version = version(in);
  in.expect(" ", "one space follows the version");
  const std::string_view status = in.while_is(is_digit);
  if (status.size() < 3) in.fail("the status is three digits, 100 to 999");
  if (status.size() > 3 || (status.size() == 3 && status[0] < '1')) in.reject("the status is three digits, 100 to 999");
  in.expect(" ", "one space follows the status");
  message.reason = in.while_is(is_field_octet);
  in.expect("\r\n", "CRLF ends the status line");
  message.fields = field_lines(in);
  message.head = in.since(start);
  if (in.failed()) return message;
  for (char c : status) message.status = message.status * 10 + (c - '0');
  read_framing(message, length, in);
  const bool no_content = message.status < 200 || message.status == 204;
  if (no_content && message.framing != BodyFraming::none)
    in.reject("1xx and 204 have no framing field (RFC 9110 §8.6)");
  if (no_content || message.status == 304 || method == "HEAD") {
    message.framing = BodyFraming::none;
  } else if (message.framing == BodyFraming::none) {
    message.framing = BodyFraming::until_close;
  }
  body(message, length, in);
  if (message.framing == BodyFraming::until_close && !closed) in.fail("the connection's end delimits the body");
  return message;
}

void note(Reading& out, const Cursor& in) {
  out.problem = in.problem();
  out.ran_out = in.ran_out();
  out.at = in.at();
}

}  // namespace

const std::string* Message::get(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return same_name(field.name, name); });
  return found == fields.end() ? nullptr : &found->value;
}

Reading read_requests(std::string_view bytes) {
  Reading out;
  Cursor in(bytes);
  while (!in.at_end()) {
    Message message = request(in);
    if (in.failed()) break;
    out.messages.push_back(std::move(message));
    out.consumed = in.at();
  }
  note(out, in);
  return out;
}

Reading read_responses(std::string_view bytes, const std::vector<std::string>& methods, bool closed) {
  Reading out;
  Cursor in(bytes);
  for (std::size_t answered = 0; !in.at_end();) {
    if (answered == methods.size()) {
      in.reject("a response that nobody asked for");
      break;
    }
    Message message = response(in, methods[answered], closed);
    if (in.failed()) break;
    if (message.status >= 200) ++answered;
    out.switched = message.status == 101;
    out.messages.push_back(std::move(message));
    out.consumed = in.at();
    if (out.switched) break;
  }
  note(out, in);
  return out;
}

Reading read_chunked(std::string_view bytes, std::size_t& consumed) {
  Reading out;
  Cursor in(bytes);
  Message message;
  message.framing = BodyFraming::chunked;
  chunked_body(message, in);
  consumed = in.at();
  out.messages.push_back(std::move(message));
  note(out, in);
  return out;
}

std::string with_bodies_in_one_chunk(const Reading& reading) {
  std::string out;
  for (const Message& message : reading.messages) {
    out += message.head;
    if (message.framing != BodyFraming::chunked) {
      out += message.body;
      continue;
    }
    std::array<char, 20> size{};
    std::snprintf(size.data(), size.size(), "%zx\r\n", message.body.size());
    if (!message.body.empty()) out.append(size.data()).append(message.body).append("\r\n");
    out += "0\r\n";
    for (const Field& field : message.trailers) out += field.name + ": " + field.value + "\r\n";
    out += "\r\n";
  }
  return out;
}

}  // namespace truemirror::conformance
