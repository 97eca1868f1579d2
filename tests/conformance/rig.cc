#include "tests/conformance/rig.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/conformance/abnf.h"

namespace truemirror::conformance {
namespace {

using testing::Socket;

constexpr std::string_view kMark = "x-truemirror-mark";

std::string shown(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (char c : bytes.substr(0, 1500)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n\n    ";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte >= 0x7f) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return bytes.size() > 1500 ? out + "…" : out;
}

std::string wrong_at(const Reading& reading) {
  return reading.problem + ", at byte " + std::to_string(reading.at) + (reading.ran_out ? " (the end)" : "");
}

// Every Date line but those of the scripts, as `Date: *`; one that is no date stays as it is.
std::string with_any_date(std::string bytes) {
  constexpr std::string_view kName = "\r\nDate: ";
  constexpr std::string_view kScripted = "Thu, 01 Jan 1970 00:00:00 GMT";
  for (std::size_t at = bytes.find(kName); at != std::string::npos; at = bytes.find(kName, at + 1)) {
    const std::size_t value = at + kName.size();
    const std::size_t size = bytes.find('\r', value) - value;
    const std::string_view date = std::string_view(bytes).substr(value, size);
    if (is_fixdate(date) && date != kScripted) bytes.replace(value, size, "*");
  }
  return bytes;
}

// Every X-Truemirror-Passed that could be one of ours, as `X-Truemirror-Passed: *`.
std::string with_any_pass(std::string bytes) {
  constexpr std::string_view kName = "\r\nX-Truemirror-Passed: ";
  constexpr std::size_t kDigits = 16;
  for (std::size_t at = bytes.find(kName); at != std::string::npos; at = bytes.find(kName, at + 1)) {
    const std::size_t value = at + kName.size();
    if (bytes.find_first_not_of("0123456789abcdef", value) == value + kDigits) bytes.replace(value, kDigits, "*");
  }
  return bytes;
}

// The methods that a client's bytes ask with, as far as they are requests; what follows is answered as a GET is.
std::vector<std::string> methods_of(std::string_view bytes) {
  std::vector<std::string> methods;
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  const Reading reading = read_requests(bytes);
  for (const Message& request : reading.messages) methods.push_back(request.method);
  if (!reading.ok()) methods.emplace_back(bytes.substr(reading.consumed).starts_with("HEAD ") ? "HEAD" : "GET");
  return methods;
}

// The fields that the arms get as stable did: all but framing and the mark.
std::vector<Field> mirrored_fields(const Message& message) {
  std::vector<Field> fields;
  for (const Field& field : message.fields) {
    if (same_name(field.name, "content-length") || same_name(field.name, "transfer-encoding") ||
        same_name(field.name, kMark))
      continue;
    fields.push_back(field);
  }
  return fields;
}

std::vector<std::string> final_statuses(const Reading& reading) {
  std::vector<std::string> statuses;
  for (const Message& message : reading.messages) {
    if (message.status >= 200 || message.status == 101) statuses.push_back(std::to_string(message.status));
  }
  return statuses;
}

// What was received, in one spelling: any date, any X-Truemirror-Passed, chunked bodies as one chunk.
std::string comparable_bytes(const Reading& read, const std::string& received) {
  return with_any_pass(with_any_date(read.ok() && !read.switched ? with_bodies_in_one_chunk(read) : received));
}

template <class List, class Text>
std::string joined(const List& list, Text text) {
  std::string out;
  for (const auto& entry : list) out += (out.empty() ? "" : " ") + text(entry);
  return out.empty() ? "nothing" : out;
}

}  // namespace

Rig::Rig(bool mirroring, std::vector<std::string> methods)
    : mirroring_(mirroring),
      proxy_(stable_.url(), candidate_.url(), control_.url(),
             [&](testing::ProxySetup& setup) {
               setup.live.passes = PassKey({1, 2});                    // the case of a loop was signed with it
               setup.live.limits.body_bytes = std::uint64_t{8} << 30;  // lengths are read to their last digit
               setup.live.threads = 1;  // one pool: what a case leaves in it, the next request meets
               setup.plan.fraction = mirroring ? 1.0 : 0.0;
               setup.plan.routes.push_back({.match = "/innocent/**", .methods = {}, .fraction = 0.0});
               setup.plan.routes.push_back({.match = "/**", .methods = methods, .fraction = std::nullopt});
               setup.pipeline.shadow->arm_timeout = std::chrono::seconds(10);
             }),
      bystander_(Socket::connect(proxy_.port())) {}

void Rig::finish() { proxy_.finish(); }

Rig::Received Rig::received(const Recorder& recorder, const std::vector<std::string>& before) {
  Received out;
  const std::vector<std::string> now = recorder.streams();
  for (std::size_t index = 0; index < now.size(); ++index) {
    const std::size_t known = index < before.size() ? before[index].size() : 0;
    if (now[index].size() == known) continue;
    out.streams.push_back(now[index].substr(known));
    out.last = index;
  }
  return out;
}

Outcome Rig::run(const Case& one) {
  Outcome out;
  stable_before_ = stable_.streams();
  candidate_before_ = candidate_.streams();
  control_before_ = control_.streams();
  methods_asked_ = methods_of(one.client_bytes());
  forwarded_.clear();
  stable_.follow(&one);
  Socket client = Socket::connect(proxy_.port());
  for (const ClientStep& step : one.client) {
    if (step.kind == ClientStep::Kind::send) client.send(step.bytes);
    if (step.kind == ClientStep::Kind::end) client.shutdown_send();
    if (step.kind == ClientStep::Kind::wait && !stable_has_a_head())
      out.problems.emplace_back("stable does not receive what the client has sent");
  }
  // A verdict of nothing shows when the client has no more to say.
  if (one.statuses.empty() && one.close) client.shutdown_send();
  const auto finals = [&] { return final_statuses(read_responses(out.client, methods_asked_, out.closed)).size(); };
  while (one.close || finals() < one.statuses.size()) {
    const std::string bytes = client.receive();
    out.closed = bytes.empty();
    out.reset = client.was_reset();
    if (out.closed) break;
    out.client += bytes;
  }
  at_stable_ = received(stable_, stable_before_);
  check_client(one, out);
  check_stable(one, out);
  check_arms(one, out);
  check_innocents(one, client, out);
  stable_.follow(nullptr);
  return out;
}

bool Rig::stable_has_a_head() const {
  return stable_.wait_until([&](const std::vector<std::string>& now) {
    for (std::size_t index = 0; index < now.size(); ++index) {
      const std::size_t known = index < stable_before_.size() ? stable_before_[index].size() : 0;
      if (now[index].find("\r\n\r\n", known) != std::string::npos) return true;
    }
    return false;
  });
}

void Rig::check_client(const Case& one, Outcome& out) {
  const Reading reading = read_responses(out.client, methods_asked_, out.closed && !out.reset);
  const auto statuses = final_statuses(reading);
  const auto expected = joined(one.statuses, [](int status) { return std::to_string(status); });
  const auto text = [](const std::string& status) { return status; };
  if (one.cut ? reading.ok() && !out.reset : !reading.ok())
    out.problems.push_back(one.cut ? "the client cannot tell that the response is cut off"
                                   : "the client receives what is no response: " + wrong_at(reading));
  // Of a response that is cut off the status line has come.
  const bool same =
      one.cut ? out.client.find(" " + expected + " ") != std::string::npos : joined(statuses, text) == expected;
  if (!same) out.problems.push_back("the client sees " + joined(statuses, text) + ", not " + expected);
  if (one.close && !out.closed) out.problems.emplace_back("the connection stays open");
  out.comparable = comparable_bytes(reading, out.client);
  if (one.client_receives && with_any_date(*one.client_receives) != out.comparable)
    out.problems.emplace_back("the client receives other bytes than the case says");
  for (const Message& message : reading.messages) {
    const std::string* kind = message.get("content-type");
    const bool ours = kind != nullptr && *kind == "application/json" && message.body.starts_with("{\"error\":\"");
    const bool last = &message == &reading.messages.back();
    const std::string* connection = message.get("connection");
    if (ours && last && one.close && (connection == nullptr || *connection != "close"))
      out.problems.emplace_back("the last response does not say that the connection closes");
  }
  if (!out.problems.empty()) out.problems.push_back("client: " + shown(out.client));
}

void Rig::check_stable(const Case& one, Outcome& out) {
  const std::size_t before = out.problems.size();
  const bool at_once = one.client.size() == 1 && !one.stable_is_early;  // what goes on, goes on whole
  std::string all;
  for (const std::string& stream : at_stable_.streams) {
    const Reading reading = read_requests(stream);
    if (!reading.ok() && (!reading.ran_out || at_once))
      out.problems.push_back("stable receives what is no request: " + wrong_at(reading));
    forwarded_.insert(forwarded_.end(), reading.messages.begin(), reading.messages.end());
    all += stream;
  }
  if (one.stable_receives && *one.stable_receives != comparable_bytes(read_requests(all), all))
    out.problems.emplace_back("stable receives other bytes than the case says");
  const bool refused = std::all_of(one.statuses.begin(), one.statuses.end(), [](int status) { return status >= 400; });
  if (refused && !one.stable_receives && !one.stable_sends && !all.empty() && one.client.size() == 1)
    out.problems.emplace_back("something of a refused message reaches stable");
  if (out.problems.size() > before) out.problems.push_back("stable: " + shown(all));
}

void Rig::check_arms(const Case& one, Outcome& out) {
  if (!mirroring_) {
    if (candidate_.streams() != candidate_before_)
      out.problems.emplace_back("mirroring is off, and the candidate is asked");
    return;
  }
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (proxy_.pipeline().ledger_totals().in_flight > 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  const bool whole = !one.cut && std::all_of(one.statuses.begin(), one.statuses.end(),
                                             [](int status) { return status < 400 && status != 101; });
  // What may become a tunnel is never mirrored.
  const auto mirrored =
      static_cast<std::size_t>(std::count_if(forwarded_.begin(), forwarded_.end(), [](const Message& request) {
        return request.get("upgrade") == nullptr && request.method != "CONNECT";
      }));
  for (const bool is_candidate : {true, false}) {
    const char* arm = is_candidate ? "candidate" : "control";
    const Received got =
        received(is_candidate ? candidate_ : control_, is_candidate ? candidate_before_ : control_before_);
    std::vector<Message> copies;
    for (const std::string& stream : got.streams) {
      const Reading reading = read_requests(stream);
      if (!reading.ok())
        out.problems.push_back(std::string(arm) + " receives what is no request: " + wrong_at(reading));
      copies.insert(copies.end(), reading.messages.begin(), reading.messages.end());
    }
    if (whole ? copies.size() != mirrored : copies.size() > mirrored) {
      out.problems.push_back(std::string(arm) + " receives " + std::to_string(copies.size()) + " requests, stable " +
                             std::to_string(mirrored));
      continue;
    }
    for (const Message& copy : copies) {
      const bool known = std::any_of(forwarded_.begin(), forwarded_.end(), [&](const Message& request) {
        return request.method == copy.method && request.target == copy.target && request.body == copy.body &&
               mirrored_fields(request) == mirrored_fields(copy);
      });
      const std::string* mark = copy.get(kMark);
      if (!known)
        out.problems.push_back(std::string(arm) + " receives another request than stable: " + shown(copy.head));
      if (mark == nullptr || !mark->starts_with("role=" + std::string(arm)))
        out.problems.push_back(std::string(arm) + " receives no mark of its own");
    }
  }
}

// What a case leaves behind must not become another's answer: neither on the connection to stable, which the
// bystander's request goes out on next, nor on the client's own.
void Rig::check_innocents(const Case& one, Socket& client, Outcome& out) {
  const std::vector<std::string> before = stable_.streams();
  ask_innocently(bystander_, "a bystander", out);
  const Received now = received(stable_, before);
  if (!one.stable_sends && !one.statuses.empty() && forwarded_.size() == one.statuses.size() &&
      now.last != at_stable_.last)
    out.problems.emplace_back("the connection to stable is not used again");
  if (!one.close) ask_innocently(client, "the client itself", out);
}

void Rig::ask_innocently(const Socket& client, const char* who, Outcome& out) {
  const std::string target = std::string(kInnocent) + std::to_string(++innocents_);
  client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string expected = innocent_answer(target);
  std::string got;
  while (got.size() < expected.size()) {
    const std::string bytes = client.receive();
    if (bytes.empty()) break;
    got += bytes;
  }
  if (got != expected)
    out.problems.push_back(std::string(who) + " does not get its own answer afterwards: " + shown(got));
}

}  // namespace truemirror::conformance
