#include "documents.h"

#include <functional>

namespace truemirror {
namespace {

constexpr std::size_t kMebibyte = 1 << 20;

std::string item(int i, bool reordered, const char* price) {
  const std::string n = std::to_string(i);
  const std::string sku = "\"sku\":\"A-" + std::to_string(100'000 + i) + "\"";
  const std::string rest = "\"quantity\":" + n + ",\"price\":" + price;
  return reordered ? "{" + rest + "," + sku + "}" : "{" + sku + "," + rest + "}";
}

// `[0,…,count)`, joined by commas and put between two brackets.
std::string list(int count, const std::function<std::string(int)>& element, const char* brackets = "[]") {
  std::string out(1, brackets[0]);
  for (int at = 0; at < count; ++at) {
    if (at > 0) out += ',';
    out += element(at);
  }
  return out + brackets[1];
}

// An order of about 2 KiB. The first `prices` of its items cost something else than in other orders.
std::string order(bool reordered, int prices) {
  const std::string id = "\"id\":4711,\"customer\":\"Zoë Ünal\"";
  const std::string state = "\"state\":\"shipped\",\"currency\":\"EUR\",\"total\":1234.56";
  const std::string items =
      "\"items\":" + list(40, [&](int i) { return item(i, reordered, i < prices ? "20.01" : "19.99"); });
  return reordered ? "{" + items + "," + state + "," + id + "}" : "{" + id + "," + state + "," + items + "}";
}

// 10,000 objects, about 1 MiB; `insert_at` ≥ 0 puts one more there.
std::string orders(int insert_at) {
  return list(10'000, [&](int i) {
    const std::string n = std::to_string(i);
    return (i == insert_at ? "{\"order\":\"inserted\"}," : "") + ("{\"order\":" + n) +
           ",\"customer\":\"customer number " + n + "\",\"state\":\"delivered\",\"total\":" + n +
           ".50,\"paid\":true,\"tags\":[\"a\",\"b\"]}";
  });
}

// About 1 MiB that has nothing in common with orders(): other keys, other depth, other values.
std::string events() {
  return list(12'000, [](int i) {
    const std::string n = std::to_string(i * 7919);
    return "{\"event\":{\"at\":\"2024-03-01T10:00:00Z\",\"trace\":\"t" + n + "\"},\"level\":" + n +
           ",\"seen\":null,\"x\":[" + n + "]}";
  });
}

std::string nested(std::size_t depth, const std::string& inside) {
  return std::string(depth, '[') + inside + std::string(depth, ']');
}

std::string key(int i) { return "\"" + std::string(40, 'x') + std::to_string(i) + "\":" + std::to_string(i); }

// 24 members, the most for which all are compared with all, in this order or the other.
std::string record(int i, bool backwards) {
  return list(
      24,
      [&](int at) {
        const int field = backwards ? 23 - at : at;
        return "\"field" + std::to_string(field + 10) + "\":" + std::to_string(i);
      },
      "{}");
}

std::string repeated(const std::string& piece) {
  std::string out = "\"";
  while (out.size() < kMebibyte) out += piece;
  return out + "\"";
}

}  // namespace

std::vector<DocumentPair> usual_documents() {
  return {{"equal_2KiB", order(false, 0), order(false, 0)},
          {"reordered_keys_2KiB", order(false, 0), order(true, 0)},
          {"three_changed_fields_2KiB", order(false, 0), order(false, 3)},
          {"one_inserted_of_10000_1MiB", orders(-1), orders(5'000)},
          {"unrelated_1MiB", orders(-1), events()}};
}

std::vector<DocumentPair> worst_documents() {
  const auto number = [](int i) { return std::to_string(i); };
  const auto deep = [](const char* leaf) { return list(1'000, [&](int) { return nested(500, leaf); }); };
  const auto numbers = [](const char* tail) {
    return list(100, [&](int i) { return std::string(10'000, '7') + std::to_string(i) + tail; });
  };
  const auto deep_pairs = [](const char* leaf) {
    const auto level = [](const char* text) {
      std::string out;
      for (int at = 0; at < 500; ++at) out += text;
      return out;
    };
    return list(500, [&](int) { return level("[0,") + leaf + level("]"); });
  };
  return {{"nesting_512_of_1000", deep("1"), deep("2")},
          {"nesting_512_in_pairs_of_500", deep_pairs("1"), deep_pairs("2")},
          {"nesting_500000", nested(kMebibyte / 2, "1"), nested(kMebibyte / 2, "2")},
          {"keys_100000_reversed", list(100'000, key, "{}"),
           list(
               100'000, [](int i) { return key(99'999 - i); }, "{}")},
          {"duplicate_keys_100000",
           list(
               100'000, [](int i) { return "\"k\":" + std::to_string(i); }, "{}"),
           list(
               100'000, [](int i) { return "\"k\":" + std::to_string(-i); }, "{}")},
          {"duplicate_keys_1000_times_100",
           list(
               100'000, [](int i) { return key(i % 1000); }, "{}"),
           list(
               100'000, [](int i) { return key(i * 7 % 1000); }, "{}")},
          {"members_24_reversed", list(3'000, [](int i) { return record(i, false); }),
           list(3'000, [](int i) { return record(i + (i == 1'500 ? 1 : 0), true); })},
          {"subsequence_300000", list(300'000, [&](int i) { return number(static_cast<int>(i * 7919LL % 64)); }),
           list(300'000, [&](int i) { return number(static_cast<int>(i * 104'729LL % 61)); })},
          {"all_changed_150000", list(150'000, [&](int i) { return number(i); }),
           list(150'000, [&](int i) { return number(-1 - i); })},
          {"reversed_150000", list(150'000, number), list(150'000, [&](int i) { return number(149'999 - i); })},
          {"pairs_16_fields", list(4'000, [](int i) { return record(i / 2, false); }),
           list(4'000, [](int i) { return record(i / 2 + 1, false); })},
          {"escapes", repeated("\\u00e9\\n\\ud83d\\ude00"), repeated("\\u00e9\\n\\ud83d\\ude01")},
          {"invalid_utf8", repeated("\xC3\xA9\xFF"), repeated("\xC3\xA9\xFE")},
          {"numbers_of_10000_digits", numbers(""), numbers(".0")},
          {"numbers_with_exponents", list(60'000, [&](int i) { return number(i + 1) + "e999999999"; }),
           list(60'000, [&](int i) { return number(i + 1) + "0e999999998"; })}};
}

}  // namespace truemirror
