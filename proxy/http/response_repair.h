// What a proxy is to mend in the head of a response, or may (RFC 9112 §2.2, §5.1, §6.3): lines that end in a bare LF,
// blanks before a colon, Content-Length said more than once with the same number. The head is written anew without
// them, and read as strictly as any other: what goes on to the client has one reading. Requests are never mended.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace truemirror {

// Where the head of a response ends: behind its first empty line, whichever way its lines end. `from`: where to begin
// to look, three bytes before what was looked at already. npos where it is not whole.
[[nodiscard]] std::size_t end_of_response_head(std::string_view bytes, std::size_t from);

// Writes a whole head with CRLF, no blank before a colon, and one Content-Length where all are equal. What it cannot
// mend it leaves as it is. True where some lines ended in CRLF and some in a bare LF: to who does not end lines at LF
// the head is another one, so no other exchange may follow on that connection.
[[nodiscard]] bool repair_response_head(std::string_view head, std::string& out);

}  // namespace truemirror
