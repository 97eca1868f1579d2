#include "capture/secret_names.h"

#include <algorithm>

namespace truemirror {
namespace {

struct NameRule {
  std::string_view word, type;
};

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
  for (const NameRule& rule : kWithin) {
    if (bare.find(rule.word) == bare.npos) continue;
    const bool harmless = rule.word == "token" && std::any_of(std::begin(kHarmless), std::end(kHarmless),
                                                              [&](auto word) { return bare.find(word) != bare.npos; });
    if (!harmless) return rule.type;
  }
  return {};
}

}  // namespace truemirror
