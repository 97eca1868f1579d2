// Finds secrets in text by their shape: e-mail addresses, card numbers, JWTs, bearer tokens, well-known key prefixes,
// URLs with credentials, and `name=value`, `"name":"value"`, `<name>value</name>` where the name tells. One pass;
// each byte is looked at a bounded number of times (FindsInLinearWork counts it). Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "capture/secret_names.h"

namespace truemirror {

struct FoundSecret {
  std::size_t begin = 0, end = 0;
  std::string_view type;
};

// In order and disjoint. `work`, where given, grows by the number of bytes looked at.
[[nodiscard]] std::vector<FoundSecret> find_secrets(std::string_view text, const SecretNames& names,
                                                    std::size_t* work = nullptr);

// 13 to 19 digits that a card network issues, with a right check digit (ISO/IEC 7812-1).
[[nodiscard]] bool is_card_number(std::string_view digits);

}  // namespace truemirror
