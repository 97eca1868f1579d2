// Reports for the tests of this folder: one as rich as the demo's, one made of hostile bytes, and a large one.
#pragma once

#include "diff/report/report.h"

namespace truemirror {

// Seven proven findings in six issues, a p99 regression, errors, noise, unproven ones, rules.
[[nodiscard]] Report rich_report();

// What traffic can hold at its worst: markup, escapes, NUL, broken UTF-8, bidi controls, 10 KB lines, in every text.
inline constexpr const char kEvil[] = "<script>alert(1)</script>\"'&]]>|`\x1b[31m\x07\xff\xc3\u202e\u2066ع🚀-->";
[[nodiscard]] Report evil_report();

// `findings` findings over `findings / 10` endpoints, each with two examples.
[[nodiscard]] Report large_report(std::size_t findings);

}  // namespace truemirror
