// What the kernel knows of a TCP connection's progress. In a file of its own: <linux/tcp.h> and the <netinet/tcp.h>
// that Asio includes define the same structs, and only the former has all of them.
#pragma once

#include <cstdint>

namespace truemirror {

// Bytes that the peer's system has acknowledged since the connection began; 0 where that is not known.
[[nodiscard]] std::uint64_t bytes_acknowledged(int descriptor);

}  // namespace truemirror
