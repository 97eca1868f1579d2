#include "proxy/http/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace truemirror {
namespace {

TEST(Nearest, FindsTheWordThatWasMeantAndNothingWhereNothingIsNear) {
  const std::vector<std::string> words{"--stable", "--candidate", "--control", "--capture"};
  EXPECT_EQ(nearest_word("--stabel", words), "--stable");
  EXPECT_EQ(nearest_word("--candidat", words), "--candidate");
  EXPECT_EQ(nearest_word("--cand", words), "--candidate");
  EXPECT_EQ(nearest_word("--xyzzy-plugh", words), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(1000, 'a'), words), std::nullopt);
  EXPECT_EQ(nearest_word("word", {}), std::nullopt);
}

TEST(Nearest, SaysAllThereAreWhereNothingIsNear) {
  const std::vector<std::string> words{"text", "json"};
  EXPECT_EQ(what_would_be_right("jsno", words), "; did you mean 'json'?");
  EXPECT_EQ(what_would_be_right("pdf-a", words), "; there are: text, json");
}

}  // namespace
}  // namespace truemirror
