// Which names of fields, parameters and headers hold secrets, and of what type. Names compare in lower case with all
// but letters and digits left out, so that `apiKey`, `api_key` and `X-API-Key` are one. Immutable; any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace truemirror {

[[nodiscard]] std::string bare_name(std::string_view name);

class SecretNames {
 public:
  explicit SecretNames(const std::vector<std::string>& extra);
  // `password`, `token`, `card` …; empty where the name holds no secret.
  [[nodiscard]] std::string_view type_of(std::string_view name) const;

 private:
  std::unordered_set<std::string> extra_;
};

}  // namespace truemirror
