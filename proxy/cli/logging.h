// The program's log: spdlog to stderr, as lines or as one JSON object a line. Set up once, by the main thread, before
// other threads start.
#pragma once

#include <string>

#include "proxy/cli/config.h"

namespace truemirror {

void setup_logging(const LogConfig& log);
// `level` as in LogConfig. Any time, any thread.
void set_log_level(const std::string& level);

}  // namespace truemirror
