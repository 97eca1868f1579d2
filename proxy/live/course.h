// What an intermediary owes a request before it may relay it, beyond copying its fields (RFC 9110 §7.6 to §7.8, §9.3.6
// to §9.3.8): CONNECT, TRACE and OPTIONS with Max-Forwards, loops, and what may be upgraded to. Sans-I/O. Rare, so
// kept off the common path by one look at the head.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/head_scanner.h"
#include "proxy/live/options.h"

namespace truemirror {

// Where a request goes. What may become a tunnel is never mirrored: a copy could not take part.
struct Course {
  int refused = 0;  // the status to refuse it with; 0: not refused
  std::string_view reason, detail;
  bool loop = false;     // refused since it has been here before
  std::string answer;    // a response of our own, whole; empty: none
  std::string upgrade;   // the protocols to ask stable for; empty: none
  bool connect = false;  // CONNECT goes to stable: 2xx makes a tunnel
  [[nodiscard]] bool ends_here() const { return refused != 0 || !answer.empty(); }
  [[nodiscard]] bool may_tunnel() const { return connect || !upgrade.empty(); }
};

// Whether choose_course() could say anything but "relay it".
[[nodiscard]] inline bool is_unusual(const RequestHead& head) {
  const char first = head.method.front();
  return head.has(KnownHeader::x_truemirror_passed) || head.has_upgrade_option || first == 'C' || first == 'O' ||
         first == 'T';
}

// `line` takes the Max-Forwards line that `head` refers to afterwards, and has to live as long. `date` is for answers.
[[nodiscard]] Course choose_course(RequestHead& head, const LiveOptions& options, std::string_view date,
                                   std::string& line);

// Whether a 101 is one that `course` asked for: it names protocols, and no other than those (RFC 9110 §7.8).
[[nodiscard]] bool grants_upgrade(const Course& course, const ResponseHead& head);

}  // namespace truemirror
