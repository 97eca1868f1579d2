#include "proxy/cli/input_files.h"

#include <sys/stat.h>

#include "diff/report/policy_file.h"
#include "proxy/cli/text_file.h"

namespace truemirror {

Result<std::shared_ptr<const RuleSet>> load_rules(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  const auto today = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
  return RuleSet::parse(*text, file.string(), today);
}

Result<Policy> load_policy(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  return parse_policy(*text, file.string());
}

Result<std::string> load_key(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0) {
    return Problem{file.string() + ": others may read this key; run chmod 600 on it"};
  }
  auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->size() < 16 || text->size() > 4096) {
    return Problem{file.string() + ": a key has 16 to 4096 bytes, this has " + std::to_string(text->size()) +
                   "; `openssl rand -hex 32` makes a good one"};
  }
  return text;
}

}  // namespace truemirror
