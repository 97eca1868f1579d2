#include "proxy/cli/input_files.h"

#include <sys/stat.h>

#include "diff/report/policy_file.h"
#include "proxy/cli/text_file.h"

namespace truemirror {
namespace {

constexpr std::size_t kMostDescriptors = 64u << 20;  // bytes: all of a large company's, with their imports

}  // namespace

Result<std::shared_ptr<const RuleSet>> load_rules(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  const auto today = std::chrono::time_point_cast<Nanoseconds>(std::chrono::system_clock::now());
  auto rules = RuleSet::parse(*text, file.string(), today);
  if (rules.has_error() || (*rules)->protobuf().descriptors.empty()) return rules;
  const std::filesystem::path descriptors = file.parent_path() / (*rules)->protobuf().descriptors;
  const auto set = read_text_file(descriptors, kMostDescriptors);
  if (set.has_error()) return set.error();
  auto types = ProtobufTypes::parse(*set, descriptors.string());
  if (types.has_error()) return types.error();
  return (*rules)->with_types(*std::move(types), file.string());
}

Result<Policy> load_policy(const std::filesystem::path& file) { return load_policy_over(Policy(), file); }

Result<Policy> load_policy_over(const Policy& usual, const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  return parse_policy(*text, file.string(), usual);
}

Result<EndpointTemplates> load_openapi(const std::filesystem::path& file) {
  const auto text = read_text_file(file);
  if (text.has_error()) return text.error();
  return parse_openapi(*text, file.string());
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
