// What makes requests and responses safe to leave memory (design.md §13): secrets become `[redacted:<type>:<8 hex>]`,
// the same secret the same token within a run. Promise: linear time on any input; all bytes around a secret stay as
// they are; what cannot be looked into is withheld, never passed. Refuses no input. Any thread, all methods const.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http/problem.h"
#include "proxy/http/redactor.h"

namespace truemirror {

struct RedactionOptions {
  std::string key;  // at least 16 bytes, 32 random ones by rights; empty: random, never stored
  // Names beside the built-in ones, compared without case and without `-`, `_`, `.`.
  std::vector<std::string> extra_headers, extra_fields, extra_query;
  // Allow-list mode: only what is named keeps its value (and passes the detectors even so). Fields are those of JSON,
  // forms and queries, by their own name; a body without fields is withheld.
  std::optional<std::vector<std::string>> keep_headers, keep_fields;
};

// Errors: a key that is too short.
[[nodiscard]] Result<std::shared_ptr<const Redactor>> make_redactor(RedactionOptions options);
// 16 hex digits that tell policies apart; the key is not part of it.
[[nodiscard]] std::string redaction_policy_hash(const RedactionOptions& options);
// True for exactly one token: `[redacted:email:1a2b3c4d]`.
[[nodiscard]] bool is_redacted_token(std::string_view value);

}  // namespace truemirror
