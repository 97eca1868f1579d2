#include "proxy/cli/example_file.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "diff/json.h"
#include "diff/report/endpoint.h"
#include "diff/report/row_text.h"
#include "proxy/http/base64.h"
#include "proxy/http/nearest.h"

namespace truemirror {
namespace {

// Thrown and caught within this file only.
struct Complaint {
  std::size_t at;  // offset in the text
  std::string text;
};

const std::vector<std::string> kExampleKeys{"endpoint", "request", "stable", "candidate", "control", "divergences"};
const std::vector<std::string> kRequestKeys{"method", "target", "headers", "body", "encoding", "truncated"};
const std::vector<std::string> kResponseKeys{"status",   "headers",   "trailers", "body",
                                             "encoding", "truncated", "error",    "latency"};
const std::vector<std::string> kKinds{"status",    "missing", "added",     "type",     "value",
                                      "reordered", "bytes",   "malformed", "arm_error"};

// One JSON document, read by key. Values are named by their number in it.
class Reader {
 public:
  explicit Reader(std::string_view text) {
    if (!json_.parse(text, {})) throw Complaint{json_.error_at(), "this is not JSON"};
  }

  std::vector<RuleExample> read() {
    std::vector<RuleExample> out;
    if (json_[0].type == JsonType::array) {
      for_each(0, [&](std::uint32_t each) { read_any(each, "", out); });
    } else {
      read_any(0, "", out);
    }
    return out;
  }

 private:
  [[noreturn]] void complain(std::uint32_t value, std::string text) const {
    // Of a decoded string only the parent's place is known: its end is near enough.
    throw Complaint{json_[value].decoded ? 0 : json_[value].at, std::move(text)};
  }

  template <class Visit>
  void for_each(std::uint32_t container, Visit visit) const {
    if (!json_[container].is_container()) complain(container, "a list or an object belongs here");
    for (std::uint32_t at = container + 1; at < json_[container].end; at = json_[at].end) visit(at);
  }

  // 0 (the root is nobody's member) where there is none, or null.
  [[nodiscard]] std::uint32_t member(std::uint32_t object, std::string_view key) const {
    if (json_[object].type != JsonType::object) return 0;
    std::uint32_t found = 0;
    for_each(object, [&](std::uint32_t at) {
      if (json_.key(json_[at]) == key) found = at;
    });
    return found != 0 && json_[found].type == JsonType::null ? 0 : found;
  }

  [[nodiscard]] std::string text(std::uint32_t value, std::string_view what) const {
    if (json_[value].type != JsonType::string) complain(value, "'" + std::string(what) + "' is a string");
    return std::string(json_.text(json_[value]));
  }
  [[nodiscard]] std::string text_at(std::uint32_t object, std::string_view key) const {
    const std::uint32_t found = member(object, key);
    return found == 0 ? "" : text(found, key);
  }
  [[nodiscard]] bool flag_at(std::uint32_t object, std::string_view key) const {
    const std::uint32_t found = member(object, key);
    return found != 0 && json_.text(json_[found]) == "true";
  }

  void check_keys(std::uint32_t object, std::span<const std::string> known, std::string_view what) const {
    if (json_[object].type != JsonType::object) complain(object, std::string(what) + " is an object");
    for_each(object, [&](std::uint32_t at) {
      const std::string key(json_.key(json_[at]));
      if (std::find(known.begin(), known.end(), key) != known.end()) return;
      const std::size_t place = json_[at].key_decoded ? json_[at].at : json_[at].key_at - 1;
      throw Complaint{place, "unknown key '" + key + "' in " + std::string(what) + what_would_be_right(key, known)};
    });
  }

  // A report, a finding, a comparison's line, or an example.
  void read_any(std::uint32_t at, const std::string& endpoint, std::vector<RuleExample>& out) const {
    if (json_[at].type != JsonType::object) complain(at, "an example is an object");
    const std::string own = member(at, "endpoint") != 0 ? text_at(at, "endpoint") : endpoint;
    for (const std::string_view list : {"findings", "examples"}) {
      const std::uint32_t found = member(at, list);
      if (found != 0) return for_each(found, [&](std::uint32_t each) { read_any(each, own, out); });
    }
    const bool line = member(at, "divergences") != 0 && member(at, "target") != 0;
    RuleExample example;
    Comparison& comparison = example.comparison;
    if (line) {
      comparison.request.method = text_at(at, "method");
      comparison.request.target = text_at(at, "target");
      example.divergences_given = true;
    } else {
      check_keys(at, kExampleKeys, "an example");
      read_messages(at, comparison);
      const auto cut = [](const Response& response) { return response.body.truncated(); };
      example.divergences_given =
          member(at, "divergences") != 0 && (cut(comparison.stable) || cut(comparison.candidate));
    }
    if (example.divergences_given) {
      for_each(member(at, "divergences"),
               [&](std::uint32_t each) { comparison.candidate_divergences.push_back(divergence(each)); });
    }
    comparison.endpoint = own;
    if (own.empty()) {
      if (comparison.request.target.empty()) complain(at, "an example needs an 'endpoint' or a 'request'");
      comparison.endpoint = EndpointNames({}, 1).name(comparison.request.method, comparison.request.target);
    }
    out.push_back(std::move(example));
  }

  void read_messages(std::uint32_t at, Comparison& comparison) const {
    const std::uint32_t stable = member(at, "stable"), candidate = member(at, "candidate");
    if (stable == 0 || candidate == 0) complain(at, "an example needs 'stable' and 'candidate', a response each");
    comparison.stable = response(stable);
    comparison.candidate = response(candidate);
    if (const std::uint32_t control = member(at, "control")) comparison.control = response(control);
    const std::uint32_t request = member(at, "request");
    comparison.request.method = "GET";
    if (request == 0) return;
    check_keys(request, kRequestKeys, "a request");
    if (member(request, "method") != 0) comparison.request.method = text_at(request, "method");
    comparison.request.target = text_at(request, "target");
    comparison.request.headers = headers(member(request, "headers"));
    comparison.request.body = body(request);
  }

  [[nodiscard]] Response response(std::uint32_t at) const {
    check_keys(at, kResponseKeys, "a response");
    Response out;
    out.status = 200;
    if (const std::uint32_t status = member(at, "status")) {
      const std::string_view digits = json_.text(json_[status]);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.status);
      if (error != std::errc{} || end != digits.data() + digits.size()) complain(status, "'status' is a number");
    }
    if (const std::uint32_t error = member(at, "error")) {
      const auto known = arm_error_from(text(error, "error"));
      if (!known) {
        complain(error, "no error is called '" + text(error, "error") +
                            "'; there are: refused, reset, timeout, tls, garbage, too_large");
      }
      out.error = *known;
    }
    out.headers = headers(member(at, "headers"));
    out.trailers = headers(member(at, "trailers"));
    out.body = body(at);
    return out;
  }

  // [["name","value"],…] as reports have them, or {"name":"value"} as people write them.
  [[nodiscard]] Headers headers(std::uint32_t at) const {
    Headers out;
    if (at == 0) return out;
    const bool object = json_[at].type == JsonType::object;
    for_each(at, [&](std::uint32_t each) {
      if (object) return out.add(json_.key(json_[each]), text(each, "a header"));
      const JsonNode& pair = json_[each];
      if (pair.type != JsonType::array || pair.count != 2) complain(each, "a header is [\"name\", \"value\"]");
      out.add(text(each + 1, "a header's name"), text(each + 2, "a header's value"));
    });
    return out;
  }

  // A string, or JSON that stands for its own text.
  [[nodiscard]] Body body(std::uint32_t message) const {
    const std::uint32_t at = member(message, "body");
    if (at == 0) return {};
    std::string bytes(json_.text(json_[at]));
    if (text_at(message, "encoding") == "base64") {
      auto decoded = base64_decoded(bytes);
      if (!decoded) complain(at, "this body is not the base64 that its 'encoding' says");
      bytes = *std::move(decoded);
    }
    Body out(std::move(bytes));
    if (flag_at(message, "truncated")) ++out.length;  // how much more there was is not told
    return out;
  }

  [[nodiscard]] Divergence divergence(std::uint32_t at) const {
    Divergence out;
    out.location = out.generalized = text_at(at, "location");
    const std::string kind = text_at(at, "kind");
    const auto known = kind_from(kind);
    if (!known) complain(at, "no kind is called '" + kind + "'" + what_would_be_right(kind, kKinds));
    out.kind = *known;
    const auto value = [&](std::string_view key, Kind absent) -> std::optional<std::string> {
      if (out.kind == absent) return std::nullopt;
      const std::uint32_t found = member(at, key);
      return found == 0 ? "null" : json_.json(found);
    };
    out.stable = value("stable", Kind::added);
    out.arm = value("candidate", Kind::missing);
    if (const std::uint32_t classes = member(at, "classes"); classes != 0 && json_[classes].count == 2) {
      out.from_class = text(classes + 1, "a class");
      out.to_class = text(classes + 2, "a class");
    }
    out.transition = text_at(at, "transition");
    if (out.transition.empty()) out.transition = transition(at, out);
    return out;
  }

  // What a line leaves out because the rest of it tells (diff/report/message_json.h).
  [[nodiscard]] std::string transition(std::uint32_t at, const Divergence& d) const {
    const auto ends = [](std::string_view from, std::string_view to) {
      return std::string(from) + "→" + std::string(to);
    };
    const auto shown = [&](std::string_view key) {
      const std::uint32_t found = member(at, key);
      return found == 0 ? std::string("null") : std::string(json_.text(json_[found]));
    };
    const auto type = [&](std::string_view key) {
      const std::uint32_t found = member(at, key);
      return found == 0 ? to_string(JsonType::null) : to_string(json_[found].type);
    };
    switch (d.kind) {
      case Kind::value:
        return ends(d.from_class, d.to_class);
      case Kind::type:
        return ends(type("stable"), type("candidate"));
      case Kind::status:
        return ends(shown("stable"), shown("candidate"));
      case Kind::arm_error:
        return shown("candidate");
      case Kind::reordered:
        return "order";
      default:
        return d.from_class + d.to_class;
    }
  }

  JsonDocument json_;
};

std::string place(std::string_view file, std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::string(file) + ":" + std::to_string(line) + ":" + std::to_string(before.size() - start + 1) + ": ";
}

// Several documents, one a line.
bool is_lines(std::string_view text) {
  JsonDocument whole, first;
  const std::size_t end = text.find('\n');
  return end != std::string_view::npos && !whole.parse(text, {}) && first.parse(text.substr(0, end), {});
}

}  // namespace

Result<std::vector<RuleExample>> parse_examples(std::string_view json, std::string_view file_name) {
  std::vector<RuleExample> all;
  const bool lines = is_lines(json);
  for (std::size_t begin = 0; begin < json.size();) {
    const std::size_t end = lines ? std::min(json.find('\n', begin), json.size()) : json.size();
    const std::string_view document = json.substr(begin, end - begin);
    try {
      if (document.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        for (RuleExample& each : Reader(document).read()) all.push_back(std::move(each));
      }
    } catch (const Complaint& complaint) {
      return Problem{place(file_name, json, begin + complaint.at) + complaint.text};
    }
    begin = end + 1;
  }
  if (all.empty()) return Problem{std::string(file_name) + ": there is no example in it"};
  return all;
}

}  // namespace truemirror
