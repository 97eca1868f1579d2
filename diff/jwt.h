// JSON Web Tokens (RFC 7519) compared by what they say: an access token is another text each time it is made, and says
// the same but for its times. A token's signature follows from the rest, so it counts only where nothing else differs.
#pragma once

#include <string_view>

#include "diff/location.h"
#include "diff/sink.h"

namespace truemirror {

// Two different texts, each a token alone or behind the same words (`Bearer …`). Adds what differs in them, below
// `~jwt/header` and `~jwt/claims`. False, with nothing added: not both are tokens, or they say the same.
[[nodiscard]] bool diff_jwts(std::string_view stable, std::string_view arm, Location& at, DivergenceSink& sink);

}  // namespace truemirror
