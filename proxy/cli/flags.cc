// Which flags there are.
#include "proxy/cli/flags.h"

#include "proxy/cli/config_limits.h"

namespace truemirror {
namespace {

CLI::App* subcommand(CLI::App& app, const std::string& name, const std::string& about, const std::string& examples) {
  CLI::App* sub = app.add_subcommand(name, about + "\n\nExamples:\n" + examples);
  sub->allow_extras();  // so that a mistyped flag can be answered with the one that was meant
  return sub;
}

void flag(CLI::App* app, const std::string& name, std::optional<std::string>& into, const std::string& value,
          const std::string& about) {
  app->add_option(name, into, about)->type_name(value);
}

void files(CLI::App* app, std::vector<std::string>& into, const std::string& name, const std::string& about) {
  app->add_option(name, into, about)->type_name("");
}

constexpr const char* kReport = "the report's folder (default ./truemirror-report)";
constexpr const char* kComparisons = "one JSON line for every comparison, to a file or - for stdout";
constexpr const char* kRules = "which differences do not matter";
constexpr const char* kSameAddress = "two of these may be one server: say so, or the start is refused";
constexpr const char* kOpenApi = "names endpoints by the paths of this OpenAPI file, 3.x or 2.0";
constexpr const char* kPolicy = "tolerances, margins and endpoints that the run is judged by";

}  // namespace

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void Flags::declare(CLI::App& app) {
  app.allow_extras();
  app.require_subcommand(0, 1);  // `diff capture`: the second word is a folder and no subcommand
  declare_serve(app);
  declare_replay(app);
  declare_diff(app);
  declare_report(app);
  declare_gate(app);
  declare_capture(app);
  declare_check(app);
}

void Flags::declare_serve(CLI::App& app) {
  CLI::App* sub =
      subcommand(app, "serve", "Serve live traffic from stable, mirror it to the candidate, compare and report.",
                 "  truemirror serve --stable http://127.0.0.1:9001 --candidate http://127.0.0.1:9002\n"
                 "  truemirror serve --stable http://127.0.0.1:9001 --candidate http://127.0.0.1:9002 \\\n"
                 "                   --control http://127.0.0.1:9003 --sample 10% --capture ./capture\n"
                 "  truemirror serve --https 0.0.0.0:8443 --certificate example.com.pem --key example.com.key \\\n"
                 "                   --stable https://10.0.0.1:9001 --candidate https://10.0.0.2:9001\n"
                 "  truemirror serve --config truemirror.yaml\n");
  flag(sub, "--stable", serve_.stable, "URL", "the upstream that answers users");
  flag(sub, "--candidate", serve_.candidate, "URL", "the upstream under test");
  flag(sub, "--control", serve_.control, "URL|stable", "a second instance of stable: what differs there is noise");
  sub->add_flag("--allow-same-address", serve_.allow_same_address, kSameAddress);
  flag(sub, "--listen", serve_.listen, "HOST:PORT", "where clients come in (default 127.0.0.1:8080)");
  flag(sub, "--https", serve_.https, "HOST:PORT", "where clients come in over TLS; instead of --listen, or beside it");
  flag(sub, "--certificate", serve_.certificate, "FILE", "for --https: PEM, the server's own first, then its issuers");
  flag(sub, "--key", serve_.key, "FILE", "its private key, PEM without a passphrase; SIGHUP reads both again");
  flag(sub, "--sample", serve_.sample, "SHARE", "how many requests are mirrored: 10% or 0.1 (default 100%)");
  flag(sub, "--admin", serve_.admin, "HOST:PORT", "metrics, live report, kill switch (default 127.0.0.1:9901)");
  flag(sub, "--report", serve_.report, "DIR", kReport);
  flag(sub, "--capture", serve_.capture, "DIR", "record the sampled exchanges there, secrets redacted");
  flag(sub, "--rules", serve_.rules, "FILE", kRules);
  flag(sub, "--policy", serve_.policy, "FILE", kPolicy);
  flag(sub, "--openapi", serve_.openapi, "FILE", kOpenApi);
  flag(sub, "--config", serve_.config, "FILE", "all of this and more as YAML; flags win over it");
  flag(sub, "--threads", serve_.threads, "N", "live threads (default: cores)");
  flag(sub, "--mark-key", serve_.mark_key, "FILE", "signs shadow requests; share it between proxies in a row");
  flag(sub, "--redaction-key", serve_.redaction_key, "FILE", "keeps redacted tokens equal from run to run");
  flag(sub, "--comparisons", serve_.comparisons, "FILE|-", kComparisons);
  sub->add_option("--limit", serve_.limits, "what clients and stable are allowed, as listed below; repeat it for more")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  sub->footer("\n" + limits_help());
}

void Flags::declare_replay(CLI::App& app) {
  CLI::App* sub =
      subcommand(app, "replay", "Send captured requests to the candidate again, when they are due, and compare.",
                 "  truemirror replay ./capture --candidate http://127.0.0.1:9002\n"
                 "  truemirror replay monday.warc.zst --candidate http://127.0.0.1:9002 \\\n"
                 "                    --stable http://127.0.0.1:9001 --control http://127.0.0.1:9003 --speed 4x\n"
                 "  SSL_CERT_FILE=ca.pem truemirror replay ./capture --candidate https://staging.internal\n");
  files(sub, files_, "CAPTURE", "capture files or folders, merged by time");
  flag(sub, "--candidate", candidate_, "URL",
       "the upstream under test; https:// is verified against SSL_CERT_FILE, or the system's store");
  flag(sub, "--stable", stable_, "URL|recorded", "what to compare with (default recorded: the captured answers)");
  flag(sub, "--control", control_, "URL", "a second instance of stable");
  sub->add_flag("--allow-same-address", allow_same_address_, kSameAddress);
  flag(sub, "--speed", speed_, "1x|4x|max", "how fast the recorded clock runs (default 1x)");
  flag(sub, "--rate", rate_, "N/s", "evenly spread instead of as recorded");
  flag(sub, "--connections", connections_, "N",
       "with --speed max: how many requests are under way at once (default 32)");
  flag(sub, "--rules", rules_, "FILE", kRules);
  flag(sub, "--policy", policy_, "FILE", kPolicy);
  flag(sub, "--openapi", openapi_, "FILE", kOpenApi);
  flag(sub, "--report", report_, "DIR", kReport);
  flag(sub, "--comparisons", comparisons_, "FILE|-", kComparisons);
}

void Flags::declare_diff(CLI::App& app) {
  CLI::App* sub = subcommand(app, "diff", "Compare the recorded answers of a capture again, without any network.",
                             "  truemirror diff ./capture --rules rules.yaml\n"
                             "  truemirror diff ./capture --comparisons - | jq 'select(.divergent)'\n");
  files(sub, files_, "CAPTURE", "capture files or folders");
  flag(sub, "--rules", rules_, "FILE", kRules);
  flag(sub, "--openapi", openapi_, "FILE", kOpenApi);
  flag(sub, "--report", report_, "DIR", kReport);
  flag(sub, "--comparisons", comparisons_, "FILE|-", kComparisons);
}

void Flags::declare_report(CLI::App& app) {
  CLI::App* sub = subcommand(app, "report", "Show a report, also while it is being written.",
                             "  truemirror report ./truemirror-report\n"
                             "  truemirror report ./truemirror-report --format html --output report.html\n"
                             "  truemirror report ./truemirror-report --format json | jq .verdict\n"
                             "  truemirror report ./truemirror-report --accept 1f2e3d4c5b6a7988 \\\n"
                             "                    --reason 'the new price format' --rules rules.yaml\n");
  files(sub, files_, "DIR", "the report's folder");
  flag(sub, "--format", format_, "text|json|md|html|junit", "(default text)");
  flag(sub, "--output", output_, "FILE", "instead of stdout; a file of mode 0600");
  flag(sub, "--color", color_, "auto|always|never", "of the text (default auto: on a terminal)");
  flag(sub, "--accept", accept_, "ID", "write a rule that accepts this finding");
  flag(sub, "--reason", reason_, "TEXT", "with --accept: why, for whoever reviews the rule");
  flag(sub, "--rules", rules_, "FILE", "with --accept: the rules file to add to; made where it is not there");
}

void Flags::declare_gate(CLI::App& app) {
  CLI::App* sub = subcommand(app, "gate", "Exit with the verdict: 0 pass, 1 fail, 3 inconclusive.",
                             "  truemirror gate ./truemirror-report && deploy\n"
                             "  truemirror gate ./truemirror-report --policy strict.yaml\n");
  files(sub, files_, "DIR", "the report's folder");
  flag(sub, "--policy", policy_, "FILE", "judge again by these tolerances, endpoints and coverage");
}

void Flags::declare_capture(CLI::App& app) {
  CLI::App* sub = subcommand(app, "capture", "Look into capture files.",
                             "  truemirror capture ls ./capture\n"
                             "  truemirror capture verify monday.warc.zst\n");
  sub->require_subcommand(0, 1);
  const auto action = [&](const std::string& name, const std::string& about, const std::string& example) {
    CLI::App* each = subcommand(*sub, name, about, "  truemirror capture " + example + "\n");
    files(each, files_, "FILE", "capture files or folders");
    return each;
  };
  action("ls", "One line for every exchange.", "ls ./capture");
  CLI::App* cat = action("cat", "The messages as they were recorded.", "cat monday.warc.zst | less");
  flag(cat, "--id", id_, "N", "only the exchange of that number");
  cat->add_flag("--json", json_, "one JSON line for every exchange");
  action("verify", "Read everything and say what is damaged; exits 1 where something is.", "verify ./capture");
  action("dict", "The dictionary that a segment is compressed with, for `zstd -D`.",
         "dict monday-00002.warc.zst > monday.dict");
  CLI::App* imported = action("import", "Make a capture of GoReplay or HAR files, secrets redacted.",
                              "import traffic.gor --output ./capture");
  flag(imported, "--output", output_, "DIR", "where the capture goes");
  CLI::App* exported = action("export", "Write a capture for GoReplay, or as HAR 1.2.",
                              "export ./capture --format har --output traffic.har");
  flag(exported, "--format", format_, "gor|har", "(default gor)");
  flag(exported, "--output", output_, "FILE", "instead of stdout; a new file");
}

void Flags::declare_check(CLI::App& app) {
  CLI::App* sub =
      subcommand(app, "check", "Check configuration, rules and policy, and print what is in effect.",
                 "  truemirror check --config truemirror.yaml\n"
                 "  truemirror check --rules rules.yaml --policy policy.yaml\n"
                 "  truemirror check --rules rules.yaml --example example.json\n"
                 "  truemirror report DIR --format json | jq .findings[0] |\n"
                 "                   truemirror check --rules rules.yaml --example -\n"
                 "\nAn example tells which rule hides what, and why a rule hides nothing. It is JSON:\n"
                 "  {\"endpoint\": \"GET /orders/{id}\",\n"
                 "   \"stable\":    {\"headers\": [[\"Content-Type\", \"application/json\"]], \"body\": \"…\"},\n"
                 "   \"candidate\": {\"headers\": [[\"Content-Type\", \"application/json\"]], \"body\": \"…\"}}\n"
                 "or a finding (or one of its examples) of a JSON report, or lines of --comparisons.\n");
  flag(sub, "--config", config_, "FILE", "a configuration file of serve");
  flag(sub, "--rules", rules_, "FILE", kRules);
  flag(sub, "--policy", policy_, "FILE", kPolicy);
  flag(sub, "--example", example_, "FILE|-", "with --rules: explain what each rule does with it");
  flag(sub, "--format", format_, "text|json", "of that explanation (default text)");
}

}  // namespace truemirror
