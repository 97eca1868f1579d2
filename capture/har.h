// HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), written an entry at a time. Sans-I/O.
#pragma once

#include <ostream>
#include <string>

#include "capture/transfer.h"

namespace truemirror {

class HarWriter {
 public:
  explicit HarWriter(std::ostream& out);
  // Request and stable's answer; what a HAR has no place for is counted in `lost`.
  void write(const CapturedExchange& exchange, TransferStats& stats);
  // Ends the document.
  void finish();

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace truemirror
