// Readings of any target: few, canonically spelt, the canonical one first; and what is canonical stays so.
#include <algorithm>
#include <set>
#include <string>

#include "proxy/http/canonical_path.h"
#include "proxy/http/path_readings.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace truemirror;

std::string canonical(std::string_view path) {
  std::string room;
  return std::string(canonical_path(path, room));
}

bool is_spelt_canonically(std::string_view path) {
  std::string spelled;
  respell(path, {}, spelled);
  return spelled == path;
}

void require_sound(std::string_view target) {
  PathReadings readings;
  readings.read(target);
  const auto all = readings.all();
  const std::set<std::string_view> different(all.begin(), all.end());
  require(!all.empty() && all.size() <= PathReadings::kMost, "there is a reading, and not too many");
  require(different.size() == all.size(), "readings differ");
  require(all[0] == readings.canonical(), "the canonical reading is the first");
  const std::string path = canonical(path_of_target(target));
  require(all[0] == path, "the canonical reading is the canonical path");
  require(canonical(path) == path, "the canonical path is its own");
  for (const std::string_view reading : all) {
    if (reading.starts_with('/')) require(is_spelt_canonically(reading), "readings are spelt canonically");
  }
  if (!is_plain_path(path)) return;
  PathReadings again;
  again.read(path);
  require(again.all().size() == 1 && again.all()[0] == path && !again.is_any(), "a plain path means itself alone");
}

// What servers make of a path: nginx unescapes, merges slashes, resolves dots; Tomcat removes parameters before; and
// a second one behind either does the same again.
void require_servers(std::string_view target) {
  const std::string_view path = path_of_target(target);
  if (!path.starts_with('/')) return;
  PathReadings readings;
  readings.read(target);
  const auto all = readings.all();
  const auto stands = [&](const std::string& path_there) {
    return readings.is_any() || std::find(all.begin(), all.end(), path_there) != all.end();
  };
  std::string bare(path), once, twice;
  bool inside = false;
  std::erase_if(bare, [&](char c) { return inside = c != '/' && (inside || c == ';'); });
  for (const std::string& seen : {std::string(path), bare}) {
    respell(seen, {.unescape = Unescape::all}, once);
    merge_slashes(once);
    remove_dot_segments(once);
    require(stands(once), "a server's reading is there");
    unescape(seen, once);
    merge_slashes(once);
    remove_dot_segments(once);
    respell(once, {.unescape = Unescape::all}, twice);
    merge_slashes(twice);
    remove_dot_segments(twice);
    require(stands(twice), "the reading of a server behind it is there");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string target(reinterpret_cast<const char*>(data), size);
  require_sound(target);
  require_servers(target);
  require_sound("/" + target);
  require_servers("/" + target);
  return 0;
}
