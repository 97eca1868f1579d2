// llhttp, the parser of Node.js, reads the fields that the scanner has accepted. Where the two see other names, other
// value starts or another framing, the message is ambiguous and is refused (design.md invariant 8).
#pragma once

namespace truemirror {

struct HeadBase;

[[nodiscard]] bool second_opinion_agrees(const HeadBase& head);

}  // namespace truemirror
