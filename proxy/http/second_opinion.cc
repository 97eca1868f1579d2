#include "proxy/http/second_opinion.h"

#include <llhttp.h>

#include <cstring>

#include "proxy/http/head_scanner.h"

namespace truemirror {
namespace {

// What llhttp saw so far, held against the scanner's fields one by one.
struct Reading {
  const HeadBase* head;
  std::size_t names = 0;
  bool same = true;
  bool complete = false;
  bool chunked = false;
  std::uint64_t length = 0;
};

Reading& reading_of(llhttp_t* parser) { return *static_cast<Reading*>(parser->data); }

int on_name(llhttp_t* parser, const char* at, std::size_t size) {
  Reading& reading = reading_of(parser);
  const auto& fields = reading.head->fields;
  reading.same = reading.same && reading.names < fields.size() && fields[reading.names].name.data() == at &&
                 fields[reading.names].name.size() == size;
  ++reading.names;
  return 0;
}

int on_value(llhttp_t* parser, const char* at, std::size_t size) {
  Reading& reading = reading_of(parser);
  const auto& fields = reading.head->fields;
  if (reading.names == 0 || reading.names > fields.size()) return -1;
  const std::string_view value = fields[reading.names - 1].value;
  // llhttp keeps trailing white space; empty values have no place of their own.
  reading.same = reading.same && (value.empty() || (value.data() == at && size >= value.size()));
  return 0;
}

int on_complete(llhttp_t* parser) {
  Reading& reading = reading_of(parser);
  reading.complete = true;
  reading.chunked = (parser->flags & F_CHUNKED) != 0;
  reading.length = parser->content_length;
  return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_header_field = on_name;
    s.on_header_value = on_value;
    s.on_headers_complete = on_complete;
    return s;
  }();
  return kSettings;
}

// A parser that has read a constant request line of that version: the start line is the scanner's business.
llhttp_t primed(const char* start_line) {
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &settings());
  llhttp_execute(&parser, start_line, std::strlen(start_line));
  return parser;
}

}  // namespace

bool second_opinion_agrees(const HeadBase& head) {
  static const llhttp_t kPrimed[2] = {primed("POST / HTTP/1.0\r\n"), primed("POST / HTTP/1.1\r\n")};
  Reading reading{.head = &head};
  llhttp_t parser = kPrimed[head.minor_version];
  parser.data = &reading;
  llhttp_errno_t error = llhttp_execute(&parser, head.field_block.data(), head.field_block.size());
  if (error == HPE_OK) error = llhttp_execute(&parser, "\r\n", 2);
  if (error != HPE_PAUSED || !reading.complete) return false;
  return reading.same && reading.names == head.fields.size() && reading.chunked == (head.framing == Framing::chunked) &&
         reading.length == (head.has_content_length ? head.content_length : 0);
}

}  // namespace truemirror
