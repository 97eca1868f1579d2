// Properties over random documents, from fixed seeds: what holds for every input, not for chosen ones.
#include <gmock/gmock.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <boost/json/src.hpp>
#include <random>

#include "diff/align.h"
#include "diff/json.h"
#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::IsEmpty;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t bound) { return engine_() % bound; }

  std::string scalar() {
    static const std::vector<std::string> kScalars{"null", "true", "false", "0",     "1",
                                                   "2.5",  "\"\"", "\"a\"", "\"é\"", "\"b c\""};
    return kScalars[below(kScalars.size())];
  }
  std::string json(int depth) {
    if (depth == 0 || below(3) == 0) return scalar();
    const bool object = below(2) == 0;
    std::string out(1, object ? '{' : '[');
    for (std::size_t at = 0, count = below(6); at < count; ++at) {
      if (at != 0) out += ',';
      if (object) out += "\"k" + std::to_string(at * 3 + below(3)) + "\":";
      out += json(depth - 1);
    }
    return out + (object ? '}' : ']');
  }
  // The document with some scalars, and sometimes whole elements, put in, taken out or changed.
  std::string changed(std::string text) {
    for (std::size_t edit = 0, count = 1 + below(3); edit < count; ++edit) {
      const std::size_t at = text.find_first_of("012", below(text.size()));
      if (at != std::string::npos) text[at] = static_cast<char>('0' + below(10));
      const std::size_t comma = text.find(',', below(text.size()));
      if (comma != std::string::npos && text.find(':') == std::string::npos) text.insert(comma, "," + scalar());
    }
    return text;
  }
  std::string bytes(std::size_t size) {
    static constexpr std::string_view kAlphabet = "{}[]\",:\\u0019ae.-+tfn \n\xC3\xA9\xFF";
    std::string out;
    for (std::size_t at = 0; at < size; ++at) out += kAlphabet[below(kAlphabet.size())];
    return out;
  }
  std::mt19937& engine() { return engine_; }

 private:
  std::mt19937 engine_;
};

// A JSON pointer's segments, from a location of the form `body/…`.
std::vector<std::string> segments(const std::string& location) {
  std::vector<std::string> out;
  for (std::size_t at = location.find('/'); at != std::string::npos;) {
    const std::size_t next = location.find('/', at + 1);
    std::string segment = location.substr(at + 1, next == std::string::npos ? next : next - at - 1);
    out.push_back(std::move(segment));
    at = next;
  }
  return out;
}

boost::json::value& child(boost::json::value& of, const std::string& segment) {
  return of.is_array() ? of.as_array().at(std::stoul(segment)) : of.as_object().at(segment);
}

void apply_one(boost::json::value& document, const Divergence& d) {
  const std::vector<std::string> path = segments(d.location);
  const boost::json::value value = d.arm ? boost::json::parse(*d.arm) : boost::json::value();
  if (path.empty()) {
    document = value;
    return;
  }
  boost::json::value* at = &document;
  for (std::size_t step = 0; step + 1 < path.size(); ++step) at = &child(*at, path[step]);
  const std::string& last = path.back();
  if (d.kind == Kind::missing && at->is_array()) {
    at->as_array().erase(at->as_array().begin() + std::stol(last));
  } else if (d.kind == Kind::missing) {
    at->as_object().erase(last);
  } else if (d.kind == Kind::added && at->is_array()) {
    at->as_array().insert(at->as_array().begin() + std::stol(last), value);
  } else if (d.kind == Kind::added) {
    at->as_object()[last] = value;
  } else {
    child(*at, last) = value;
  }
}

// Locations count stable's elements: so changes come first, then, from the deepest up, what is missing (from the back)
// and what was added (from the front); an array in another order takes the arm's as a whole at last.
std::string applied(const std::string& stable, std::vector<Divergence> all) {
  boost::json::value document = boost::json::parse(stable);
  const auto rank = [](const Divergence& d) {
    return d.kind == Kind::missing ? 1 : d.kind == Kind::added ? 2 : d.kind == Kind::reordered ? 3 : 0;
  };
  const auto depth = [](const Divergence& d) { return std::count(d.location.begin(), d.location.end(), '/'); };
  std::stable_sort(all.begin(), all.end(), [&](const Divergence& a, const Divergence& b) {
    const bool a_changes = rank(a) == 0, b_changes = rank(b) == 0;
    if (a_changes != b_changes) return a_changes;
    if (depth(a) != depth(b)) return depth(a) > depth(b);
    return rank(a) < rank(b);
  });
  for (std::size_t at = 0; at < all.size(); ++at) {  // within one depth, from the back: indices before stay right
    std::size_t end = at;
    while (end < all.size() && all[end].kind == Kind::missing && depth(all[end]) == depth(all[at])) ++end;
    std::reverse(all.begin() + static_cast<long>(at), all.begin() + static_cast<long>(end));
    if (end > at) at = end - 1;
  }
  for (const Divergence& d : all) apply_one(document, d);
  return boost::json::serialize(document);
}

// What RapidJSON, that strict oracle, says about a text.
rapidjson::ParseErrorCode oracle(const std::string& text) {
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> nothing;
  rapidjson::StringStream stream(text.c_str());
  return reader.Parse<rapidjson::kParseValidateEncodingFlag>(stream, nothing).Code();
}

CompareOptions uncapped() {
  CompareOptions options;
  options.max_divergences = 1'000'000;
  return options;
}

TEST(Property, ADocumentDoesNotDivergeFromItself) {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random.json(5);
    EXPECT_THAT(json_diff(text, text + " "), IsEmpty()) << text;
  }
}

TEST(Property, ApplyingTheDivergencesToStableYieldsTheCandidate) {
  Random random(2);
  for (int round = 0; round < 3000; ++round) {
    const std::string stable = random.json(4);
    std::string arm = round % 2 == 0 ? random.json(4) : random.changed(stable);
    JsonDocument parsed;
    if (!parsed.parse(arm, {})) continue;
    arm = boost::json::serialize(boost::json::parse(arm));  // an edit may have made a key occur twice
    const auto found = divergences(response(stable), response(arm), uncapped());
    EXPECT_THAT(json_diff(applied(stable, found), arm), IsEmpty()) << stable << "\n" << arm;
  }
}

TEST(Property, UnderUnorderedEveryPermutationIsHidden) {
  CompareOptions options = uncapped();
  options.rules = rules("version: 1\nrules:\n  - where: {location: '**'}\n    unordered: true\n    reason: sets\n");
  Random random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> elements;
    for (std::size_t at = 0, count = random.below(12); at < count; ++at) elements.push_back(random.json(2));
    const auto array = [&] {
      std::string out = "[0";
      for (const std::string& element : elements) out += "," + element;
      return out + "]";
    };
    const std::string stable = array();
    std::shuffle(elements.begin(), elements.end(), random.engine());
    for (const Divergence& d : divergences(response(stable), response(array()), options)) {
      EXPECT_EQ(d.disposition, Disposition::hidden) << stable << "\n" << array() << "\n" << line(d);
    }
  }
}

TEST(Property, TheParserTakesWhatRapidJsonTakes) {
  Random random(4);
  int taken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = round % 2 == 0 ? random.bytes(1 + random.below(12)) : random.json(3);
    if (round % 4 == 1) text[random.below(text.size())] = random.bytes(1)[0];
    const rapidjson::ParseErrorCode verdict = oracle(text);
    JsonDocument document;
    const bool parsed = document.parse(text, {});
    if (verdict == rapidjson::kParseErrorNone) {
      ++taken;
      EXPECT_TRUE(parsed) << text;
    } else if (parsed) {  // only what we tolerate by value
      const bool tolerated = document[0].flaws != 0 || verdict == rapidjson::kParseErrorNumberTooBig;
      EXPECT_TRUE(tolerated) << text << verdict;
    }
  }
  EXPECT_GT(taken, 10'000);
}

TEST(Property, RandomBytesOfEveryMediaNeverCrash) {
  Random random(5);
  for (const std::string_view type :
       {"application/json", "application/x-ndjson", "text/event-stream", "application/x-www-form-urlencoded",
        "text/html", "multipart/mixed; boundary=\"\"", "multipart/mixed; boundary=a", "text/plain; charset=utf-16",
        "text/plain; charset=utf-32le", "application/octet-stream", ""}) {
    for (int round = 0; round < 300; ++round) {
      Response stable = response(random.bytes(random.below(80)), type),
               arm = response(random.bytes(random.below(80)), type);
      for (const std::string_view coding : {"gzip", "deflate", "br", "zstd"}) {
        if (random.below(8) == 0) arm.headers.add("Content-Encoding", coding);
      }
      stable.headers.add(random.bytes(3), random.bytes(9));
      arm.headers.add("Set-Cookie", random.bytes(20));
      EXPECT_FALSE(divergences(stable, arm).empty());
      EXPECT_THAT(divergences(stable, stable), IsEmpty());
    }
  }
}

TEST(Property, EveryShownValueIsJson) {
  Random random(6);
  for (int round = 0; round < 3000; ++round) {
    for (const Divergence& d : divergences(response(random.bytes(20)), response(random.bytes(20), "text/plain"))) {
      for (const auto& shown : {d.stable, d.arm}) {
        if (!shown) continue;
        EXPECT_EQ(oracle(*shown), rapidjson::kParseErrorNone) << *shown;
      }
    }
  }
}

TEST(Property, AnAlignmentHoldsEveryElementOnceAndInOrder) {
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::uint64_t> a, b;
    for (std::size_t at = 0, count = random.below(20); at < count; ++at) a.push_back(random.below(6));
    for (std::size_t at = 0, count = random.below(20); at < count; ++at) b.push_back(random.below(6));
    std::size_t budget = round % 3 == 0 ? random.below(60) : 1'000'000;
    const Alignment found = align(a, b, [](std::uint32_t, std::uint32_t) { return 1u; }, budget);
    std::uint32_t next_a = 0, next_b = 0;
    for (const AlignedPair& pair : found.pairs) {
      if (pair.stable != AlignedPair::kNone) {
        EXPECT_EQ(pair.stable, next_a++);
      }
      if (pair.arm != AlignedPair::kNone) {
        EXPECT_EQ(pair.arm, next_b++);
      }
    }
    EXPECT_EQ(next_a, a.size());
    EXPECT_EQ(next_b, b.size());
  }
}

TEST(Property, AnAlignmentFindsALongestCommonSubsequence) {
  Random random(8);
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::uint64_t> a, b;
    for (std::size_t at = 0, count = random.below(15); at < count; ++at) a.push_back(random.below(4));
    for (std::size_t at = 0, count = random.below(15); at < count; ++at) b.push_back(random.below(4));
    std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = a.size(); i-- > 0;) {
      for (std::size_t j = b.size(); j-- > 0;) {
        best[i][j] = a[i] == b[j] ? best[i + 1][j + 1] + 1 : std::max(best[i + 1][j], best[i][j + 1]);
      }
    }
    std::size_t budget = 1'000'000, matched = 0;
    for (const AlignedPair& p : align(a, b, [](std::uint32_t, std::uint32_t) { return 1u; }, budget).pairs) {
      matched += p.stable != AlignedPair::kNone && p.arm != AlignedPair::kNone && a[p.stable] == b[p.arm];
    }
    EXPECT_EQ(matched, best[0][0]);
  }
}

}  // namespace
}  // namespace truemirror
