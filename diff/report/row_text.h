// What report.db keeps as text inside a column: header lists and histogram buckets as JSON, enums by their names.
// Reading gives nothing where the text is not of that form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diff/report/report.h"

namespace truemirror {

[[nodiscard]] std::string headers_as_json(
    const Headers& headers);  // [["name","value"],…]; bytes above 0x7f as they are
[[nodiscard]] std::optional<Headers> headers_from_json(std::string_view text);

[[nodiscard]] std::string buckets_as_json(const Histogram& histogram);  // [3,0,17]
[[nodiscard]] std::optional<std::vector<std::uint64_t>> buckets_from_json(std::string_view text);

[[nodiscard]] std::string_view to_string(Disposition disposition);
[[nodiscard]] std::optional<Disposition> disposition_from(std::string_view name);
[[nodiscard]] std::optional<FindingStatus> finding_status_from(std::string_view name);
[[nodiscard]] std::optional<Kind> kind_from(std::string_view name);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view name);

}  // namespace truemirror
