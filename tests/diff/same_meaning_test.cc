// For every media class: what says the same in other bytes does not diverge, and one change in a document of a hundred
// parts is one divergence (so that the structural walk itself finds a document equal to itself, not only its bytes).
#include <gmock/gmock.h>

#include <functional>

#include "diff_testing.h"

namespace truemirror {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

struct MediaCase {
  std::string_view name, stable_type, arm_type;
  // The document whose part number 50 holds `word`; the second form says the same in other bytes.
  std::function<std::string(std::string_view word, bool other_form)> document;
};

std::string parts(const std::function<std::string(int, std::string)>& part, std::string_view word) {
  std::string out;
  for (int at = 0; at < 100; ++at) out += part(at, at == 50 ? std::string(word) : "v" + std::to_string(at));
  return out;
}

std::vector<MediaCase> all_media() {
  const auto json_line = [](int at, const std::string& word, bool other) {
    const std::string number = "n" + std::to_string(at);
    return other ? "{ \"w\" : \"" + word + "\", \"k\" : \"" + number + "\" }\n"
                 : R"({"k":")" + number + R"(","w":")" + word + "\"}\n";
  };
  return {
      {"json", "application/json", "application/json",
       [=](std::string_view word, bool other) {
         return "{\"list\":[0" +
                parts([&](int at, const std::string& w) { return "," + json_line(at, w, other); }, word) + "]}";
       }},
      {"ndjson", "application/x-ndjson", "application/x-ndjson",
       [=](std::string_view word, bool other) {
         return parts([&](int at, const std::string& w) { return json_line(at, w, other); }, word);
       }},
      {"form", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded",
       [](std::string_view word, bool other) {
         return parts(
             [&](int at, const std::string& w) {
               return "&f" + std::to_string(at) + "=" + (other ? "%61%20" : "a+") + w;
             },
             word);
       }},
      {"multipart", "multipart/mixed; boundary=one", "multipart/mixed; boundary=\"two\"",
       [](std::string_view word, bool other) {
         const std::string boundary = other ? "--two" : "--one";
         return parts(
                    [&](int at, const std::string& w) {
                      return boundary + "\r\nContent-Disposition: form-data; name=p" + std::to_string(at) + "\r\n\r\n" +
                             w + "\r\n";
                    },
                    word) +
                boundary + "--\r\n";
       }},
      {"events", "text/event-stream", "text/event-stream",
       [](std::string_view word, bool other) {
         return parts([&](int, const std::string& w) { return (other ? ": note\ndata:" : "data: ") + w + "\n\n"; },
                      word);
       }},
      {"text", "text/plain; charset=utf-8", "text/plain; charset=iso-8859-1",
       [](std::string_view word, bool other) {
         return parts([&](int, const std::string& w) { return (other ? "\xE9 " : "\xC3\xA9 ") + w + "\n"; }, word);
       }},
  };
}

TEST(EveryMedia, WhatSaysTheSameInOtherBytesDoesNotDiverge) {
  for (const MediaCase& media : all_media()) {
    const std::string stable = media.document("same", false), arm = media.document("same", true);
    ASSERT_NE(stable, arm) << media.name;
    const auto found = divergences(response(stable, media.stable_type), response(arm, media.arm_type));
    Lines of_the_body;
    for (const Divergence& d : found) {
      if (d.location.starts_with("body")) of_the_body.push_back(line(d));
    }
    EXPECT_THAT(of_the_body, IsEmpty()) << media.name;
  }
}

TEST(EveryMedia, OneChangeInAHundredPartsIsOneDivergence) {
  for (const MediaCase& media : all_media()) {
    const Response stable = response(media.document("before", false), media.stable_type);
    const Response arm = response(media.document("after", false), media.stable_type);
    EXPECT_THAT(lines(divergences(stable, arm)), SizeIs(1)) << media.name;
  }
}

}  // namespace
}  // namespace truemirror
