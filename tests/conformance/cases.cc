#include "tests/conformance/cases.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace truemirror::conformance {
namespace {

class CaseReader {
 public:
  explicit CaseReader(const std::filesystem::path& file) : file_(file.filename().string()), in_(file) {
    if (!in_) throw std::runtime_error("cannot read " + file.string());
  }

  std::vector<Case> read() {
    for (std::string line; std::getline(in_, line);) {
      ++number_;
      if (!line.empty()) take(line);
    }
    if (!cases_.empty()) finish();
    return std::move(cases_);
  }

 private:
  void take(std::string_view line) {
    if (line.starts_with("### ")) {
      if (!cases_.empty()) finish();
      cases_.emplace_back();
      cases_.back().name = line.substr(4);
      cases_.back().line = number_;
      return;
    }
    if (line[0] == '#') return;
    if (cases_.empty()) fail("a case begins with ### and its name");
    Case& current = cases_.back();
    const std::string_view mark = line.substr(0, 2);
    if (mark == "C>") {
      if (current.client.empty() || current.client.back().kind != ClientStep::Kind::send)
        current.client.push_back({ClientStep::Kind::send, {}});
      current.client.back().bytes += bytes_of(line);
    } else if (mark == "C<") {
      add(current.client_receives, line);
    } else if (mark == "S>") {
      add(current.stable_sends, line);
    } else if (mark == "S<") {
      add(current.stable_receives, line);
    } else if (mark == "C!" || mark == "S!") {
      directive(current, line);
    } else if (mark == "= ") {
      verdict(current, std::string(line.substr(2)));
    } else if (mark == "? ") {
      current.why = line.substr(2);
    } else {
      fail("a line begins with #, ?, =, C>, C<, C!, S>, S< or S!");
    }
  }

  void add(std::optional<std::string>& to, std::string_view line) {
    if (!to) to.emplace();
    *to += bytes_of(line);
  }

  void directive(Case& current, std::string_view line) {
    if (line == "C! wait") {
      current.client.push_back({ClientStep::Kind::wait, {}});
    } else if (line == "C! end") {
      current.client.push_back({ClientStep::Kind::end, {}});
    } else if (line == "S! early") {
      current.stable_is_early = true;
    } else if (line == "S! close") {
      current.stable_then = AfterResponse::close;
    } else if (line == "S! reset") {
      current.stable_then = AfterResponse::reset;
    } else {
      fail("the directives are C! wait, C! end, S! early, S! close, S! reset");
    }
  }

  void verdict(Case& current, const std::string& text) {
    judged_ = true;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      if (word == "close" || word == "nothing") {
        current.close = true;
      } else if (word == "cut") {
        current.cut = current.close = true;
      } else if (word.size() == 3 && word.find_first_not_of("0123456789") == std::string::npos) {
        current.statuses.push_back(std::stoi(word));
      } else {
        fail("a verdict is statuses, close, cut, nothing");
      }
    }
  }

  // "C> text" is the text and CRLF, "C>+ text" the text alone.
  std::string bytes_of(std::string_view line) {
    std::string_view text = line.substr(2);
    const bool without_end = text.starts_with("+");
    if (without_end) text.remove_prefix(1);
    if (text.starts_with(" ")) text.remove_prefix(1);
    if (text.starts_with("{ours") && text.ends_with("}")) return ours(text);
    return unescape(text) + (without_end ? "" : "\r\n");
  }

  // What truemirror adds to a request of a client that asks for a host, `a` unless named.
  static std::string ours(std::string_view text) {
    const std::string host = text == "{ours}" ? "a" : std::string(text.substr(6, text.size() - 7));
    return "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n" +
           (host == "-" ? "" : "X-Forwarded-Host: " + host + "\r\n") + "X-Truemirror-Passed: *\r\n";
  }

  std::string unescape(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const char c = text[0];
      if (c != '\\') {
        out += c;
        text.remove_prefix(1);
        continue;
      }
      const std::string_view kind = text.substr(1, 1);
      text.remove_prefix(std::min<std::size_t>(2, text.size()));
      if (kind == "r") {
        out += '\r';
      } else if (kind == "n") {
        out += '\n';
      } else if (kind == "t") {
        out += '\t';
      } else if (kind == "0") {
        out += '\0';
      } else if (kind == "\\") {
        out += '\\';
      } else if (kind == "x" && text.size() >= 2) {
        out += static_cast<char>(std::stoi(std::string(text.substr(0, 2)), nullptr, 16));
        text.remove_prefix(2);
      } else if (kind == "*") {
        out += repeated(text);
      } else {
        fail("the escapes are \\r \\n \\t \\0 \\xHH \\\\ and \\*N(text)");
      }
    }
    return out;
  }

  // N(text): the text N times.
  std::string repeated(std::string_view& text) {
    const std::size_t open = text.find('(');
    const std::size_t close = text.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) fail("\\*N(text)");
    const int times = std::stoi(std::string(text.substr(0, open)));
    const std::string unit = unescape(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
    std::string out;
    for (int at = 0; at < times; ++at) out += unit;
    return out;
  }

  void finish() {
    if (!judged_) fail("the case before has no verdict");
    if (cases_.back().client.empty()) fail("in the case before the client sends nothing");
    judged_ = false;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(file_ + ":" + std::to_string(number_) + ": " + what);
  }

  std::string file_;
  std::ifstream in_;
  std::vector<Case> cases_;
  int number_ = 0;
  bool judged_ = false;
};

}  // namespace

std::string Case::client_bytes() const {
  std::string all;
  for (const ClientStep& step : client) all += step.bytes;
  return all;
}

std::vector<Case> read_cases(const std::filesystem::path& file) { return CaseReader(file).read(); }

std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace truemirror::conformance
