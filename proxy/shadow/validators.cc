#include "proxy/shadow/validators.h"

#include <xxhash.h>

#include <array>
#include <optional>
#include <utility>

namespace truemirror {
namespace {

enum class Condition : std::uint8_t { none, tags, date, either };

Condition condition_of(std::string_view name) {
  if (name.size() < 8 || (name[0] | 0x20) != 'i') return Condition::none;
  if (iequals(name, "if-none-match") || iequals(name, "if-match")) return Condition::tags;
  if (iequals(name, "if-modified-since") || iequals(name, "if-unmodified-since")) return Condition::date;
  return iequals(name, "if-range") ? Condition::either : Condition::none;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Weakly compared (RFC 9110 §8.8.3.2): a server that compresses makes a strong tag weak.
std::string_view opaque(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

// The first entity-tag of a list, and what follows it; none where the text is no such list.
std::optional<std::string_view> next_tag(std::string_view list) {
  const std::size_t from = list.starts_with("W/") ? 2 : 0;
  if (from >= list.size() || list[from] != '"') return std::nullopt;
  const std::size_t end = list.find('"', from + 1);
  if (end == std::string_view::npos) return std::nullopt;
  return list.substr(0, end + 1);
}

std::string_view host_of(std::string_view head) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
    const std::string_view line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && iequals(line.substr(0, colon), "host"))
      return trimmed(line.substr(colon + 1));
    at = end == head.size() ? std::string_view::npos : end;
  }
  return {};
}

std::uint64_t url_of(const Sample& sample) {
  const std::string_view host = host_of(sample.head);
  return XXH3_64bits_withSeed(sample.target.data(), sample.target.size(), XXH3_64bits(host.data(), host.size()));
}

std::uint64_t key_of(std::uint64_t url, std::string_view validator) {
  const std::string_view text = opaque(validator);
  return XXH3_64bits_withSeed(text.data(), text.size(), url);
}

// Of an answer whose validators are those of the URL's content.
bool has_validators(const Response& response) {
  return response.ok() && (response.status == 200 || response.status == 206 || response.status == 304);
}

}  // namespace

Validators::Known* Validators::find(std::uint64_t key) {
  if (const auto found = newer_.find(key); found != newer_.end()) return &found->second;
  const auto found = older_.find(key);
  if (found == older_.end()) return nullptr;
  Known& moved = at(key);  // may let go of the older half, and of what was found there with it
  return &moved;
}

// Makes room in the newer half, and takes over what the older one knows.
Validators::Known& Validators::at(std::uint64_t key) {
  if (const auto found = newer_.find(key); found != newer_.end()) return found->second;
  Known known;
  if (const auto found = older_.find(key); found != older_.end()) known = std::move(found->second);
  if (newer_.size() >= kEntries || bytes_ >= kBytes) {
    older_ = std::exchange(newer_, {});
    bytes_ = 0;
  }
  bytes_ += known.own.size();
  return newer_.insert_or_assign(key, std::move(known)).first->second;
}

void Validators::learn(const Sample& sample, const Response& arm) {
  if (!has_validators(arm)) return;
  std::optional<std::uint64_t> url;
  for (const char* name : {"etag", "last-modified"}) {
    const auto own = arm.headers.get(name);
    if (!own || own->empty() || own->size() > kLongest) continue;
    if (!url) url = url_of(sample);
    const std::lock_guard lock(mutex_);
    at(key_of(*url, *own)).issued = true;
    const auto stables = sample.stable.headers.get(name);
    if (!stables || stables->empty() || !has_validators(sample.stable)) continue;
    Known& beside = at(key_of(*url, *stables));
    bytes_ += own->size();
    bytes_ -= beside.own.size();
    beside.own = *own;
  }
}

// One request's conditions as they are put into the arm's words.
class Validators::Translation {
 public:
  Translation(Validators& all, const Sample& sample)
      : all_(all), url_(url_of(sample)), now_(sample.stable.headers.get("etag").value_or("")) {}

  // A field's value as the arm is to get it.
  std::string value(Condition condition, std::string_view value) {
    if (condition == Condition::tags || (condition == Condition::either && next_tag(value))) return tags(value);
    const auto [own, issued] = one(value);
    dates_issued_ = dates_issued_ || issued;
    return std::string(own);
  }
  // Where there are tags a date beside them is not looked at (RFC 9110 §13.2.2).
  [[nodiscard]] bool issued() const { return current_issued_.value_or(has_tags_ ? tags_issued_ : dates_issued_); }

 private:
  // A list is left as it is from where it is none.
  std::string tags(std::string_view list) {
    std::string out;
    while (!list.empty()) {
      const std::size_t blanks = std::min(list.find_first_not_of(" \t,"), list.size());
      out.append(list.substr(0, blanks));
      list.remove_prefix(blanks);
      const auto tag = next_tag(list);
      if (!tag) break;
      const auto [own, issued] = one(*tag);
      out.append(own);
      has_tags_ = true;
      tags_issued_ = tags_issued_ || issued;
      if (opaque(*tag) == opaque(now_)) current_issued_ = issued;
      list.remove_prefix(tag->size());
    }
    return out.append(list);
  }

  std::pair<std::string_view, bool> one(std::string_view validator) {
    const Known* known = all_.find(key_of(url_, validator));
    if (known == nullptr) return {validator, false};
    if (known->own.empty()) return {validator, known->issued};
    return {known->own, true};
  }

  Validators& all_;
  std::uint64_t url_;
  std::string_view now_;  // stable's tag as of this sample
  bool has_tags_ = false, tags_issued_ = false, dates_issued_ = false;
  std::optional<bool> current_issued_;  // of the tag that stable has now, where the request names it
};

bool Validators::translate(const Sample& sample, std::string& head) {
  std::optional<Translation> translation;
  std::unique_lock lock(mutex_, std::defer_lock);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    if (end == std::string::npos || end == at) break;
    const std::string_view line = std::string_view(head).substr(at, end - at);
    const std::string_view name = line.substr(0, std::min(line.find(':'), line.size()));
    const Condition condition = condition_of(name);
    if (condition == Condition::none) {
      at = end + 2;
      continue;
    }
    if (!translation) {
      lock.lock();
      translation.emplace(*this, sample);
    }
    const std::string now = std::string(name) + ": " +
                            translation->value(condition, trimmed(line.substr(std::min(name.size() + 1, line.size()))));
    head.replace(at, end - at, now);
    at += now.size() + 2;
  }
  return translation && translation->issued();
}

}  // namespace truemirror
