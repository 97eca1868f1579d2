// How a loop is known: each request goes to stable with `X-Truemirror-Passed: <16 hex digits>`, a hash of what is asked
// under a key of this run. One that comes back with it has been here before. Not Via: nginx, by default, compresses for
// nobody who sends one. Immutable; any thread.
//
// Why a hash of the request and not the run's number: whoever sees one request as stable does (some endpoints show a
// client its own headers) could have any other request refused as a loop, for himself, and where a cache in front keeps
// errors, for everybody. So what was seen is good for that one target. For the same reason a service that copies the
// headers it got into requests of its own, and asks here for something else, is no loop.
#pragma once

#include <array>
#include <string_view>

#include "proxy/http/sip_hash.h"

namespace truemirror {

struct RequestHead;

class PassKey {
 public:
  using Text = std::array<char, 16>;

  explicit PassKey(const SipHash::Key& key) : key_(key) {}
  [[nodiscard]] static PassKey random();

  [[nodiscard]] Text sign(std::string_view method, std::string_view target) const;
  // Whether this run has sent it before. Fields of others (another truemirror's, a client's inventions) say nothing.
  [[nodiscard]] bool has_passed(const RequestHead& head) const;

 private:
  SipHash::Key key_;
};

}  // namespace truemirror
