#include "capture/secret_names.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace truemirror {
namespace {

struct NameRule {
  std::string_view word, type;
};

constexpr std::size_t kShortestWithin = 3;
// Anywhere in the name: `userPassword`, `x-amz-security-token`.
constexpr NameRule kWithin[] = {
    {"password", "password"}, {"passwd", "password"},       {"passphrase", "password"},
    {"passcode", "password"}, {"secret", "secret"},         {"token", "token"},
    {"apikey", "key"},        {"accesskey", "key"},         {"privatekey", "key"},
    {"signingkey", "key"},    {"encryptionkey", "key"},     {"subscriptionkey", "key"},
    {"functionskey", "key"},  {"credential", "credential"}, {"authorization", "authorization"},
    {"sessionid", "session"}, {"sessid", "session"},        {"sessionkey", "session"},
    {"cardnumber", "card"},   {"cardno", "card"},           {"creditcard", "card"},
    {"debitcard", "card"},    {"ccnumber", "card"},         {"cvv", "cvv"},
    {"securitycode", "cvv"},  {"socialsecurity", "ssn"}};

// By first letter: which words of kWithin may start there. A bit a word, so that one look at a letter replaces a search
// for every word: redaction asks for each field of every captured message.
constexpr std::array<std::uint32_t, 256> within_by_letter() {
  static_assert(std::size(kWithin) <= 32);
  std::array<std::uint32_t, 256> table{};
  for (std::size_t at = 0; at < std::size(kWithin); ++at)
    table[static_cast<unsigned char>(kWithin[at].word.front())] |= std::uint32_t{1} << at;
  return table;
}
constexpr std::array<std::uint32_t, 256> kWithinByLetter = within_by_letter();

// The words of kWithin that occur in the name, as bits.
std::uint32_t words_within(std::string_view bare) {
  std::uint32_t found = 0;
  for (std::size_t at = 0; at + kShortestWithin <= bare.size(); ++at) {
    for (std::uint32_t may = kWithinByLetter[static_cast<unsigned char>(bare[at])]; may != 0; may &= may - 1) {
      const int word = std::countr_zero(may);
      if (bare.substr(at).starts_with(kWithin[word].word)) found |= std::uint32_t{1} << word;
    }
  }
  return found;
}

// The whole name: too short or too common to look for within others.
constexpr NameRule kWhole[] = {
    {"pwd", "password"},    {"pass", "password"},   {"pin", "pin"},       {"auth", "authorization"},
    {"session", "session"}, {"sid", "session"},     {"sig", "signature"}, {"signature", "signature"},
    {"jwt", "token"},       {"bearer", "token"},    {"otp", "otp"},       {"totp", "otp"},
    {"card", "card"},       {"pan", "card"},        {"cc", "card"},       {"cvc", "cvv"},
    {"cvc2", "cvv"},        {"csc", "cvv"},         {"ssn", "ssn"},       {"iban", "iban"},
    {"cookie", "cookie"},   {"setcookie", "cookie"}};

// Names with `token` that count, page or describe; redacting them would hide differences and break replay.
constexpr std::string_view kHarmless[] = {"pagetoken",   "continuationtoken", "tokentype",    "tokencount",
                                          "totaltokens", "maxtokens",         "prompttokens", "completiontokens",
                                          "inputtokens", "outputtokens",      "tokensused",   "tokenexpir"};

}  // namespace

std::string bare_name(std::string_view name) {
  std::string bare;
  bare.reserve(name.size());
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80) bare.push_back(c);
    if (c >= 'A' && c <= 'Z') bare.push_back(static_cast<char>(c + 32));
  }
  return bare;
}

SecretNames::SecretNames(const std::vector<std::string>& extra) {
  for (const std::string& name : extra) extra_.insert(bare_name(name));
}

std::string_view SecretNames::type_of(std::string_view name) const {
  const std::string bare = bare_name(name);
  if (!extra_.empty() && extra_.contains(bare)) return "field";
  for (const NameRule& rule : kWhole) {
    if (bare == rule.word) return rule.type;
  }
  for (std::uint32_t found = words_within(bare); found != 0; found &= found - 1) {
    const NameRule& rule = kWithin[std::countr_zero(found)];
    const bool harmless = rule.word == "token" && std::any_of(std::begin(kHarmless), std::end(kHarmless),
                                                              [&](auto word) { return bare.find(word) != bare.npos; });
    if (!harmless) return rule.type;
  }
  return {};
}

}  // namespace truemirror
