// The files that commands are told of beside the configuration: rules, policy, keys. Each problem names the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "diff/report/openapi.h"
#include "diff/rules.h"
#include "diff/stats/policy.h"
#include "proxy/http/problem.h"

namespace truemirror {

// Rules whose expiry lies before now are kept and marked.
[[nodiscard]] Result<std::shared_ptr<const RuleSet>> load_rules(const std::filesystem::path& file);
[[nodiscard]] Result<Policy> load_policy(const std::filesystem::path& file);
// What the file does not say is as in `usual`.
[[nodiscard]] Result<Policy> load_policy_over(const Policy& usual, const std::filesystem::path& file);
[[nodiscard]] Result<EndpointTemplates> load_openapi(const std::filesystem::path& file);
// A key without the line ends around it: 16 to 4096 bytes. Refuses a file that others may read.
[[nodiscard]] Result<std::string> load_key(const std::filesystem::path& file);

}  // namespace truemirror
