// Built by hand, with fixed times, so that every rendering of it is the same in every run.
#include "sample_report.h"

#include <cmath>

namespace truemirror {
namespace {

using std::chrono::milliseconds;

WallTime at_second(int second) {
  using namespace std::chrono;
  return WallTime(sys_days(year{2026} / 11 / 22)) + 20h + 1min + seconds(second);
}

Histogram latencies(double typical, double slowest) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(typical * (0.7 + 0.6 * i / 1000));
  for (int i = 0; i < 40; ++i) histogram.record(slowest * (0.8 + 0.2 * i / 40));
  return histogram;
}

Response answer(int status, std::string body, std::string type = "application/json") {
  Response response;
  response.status = status;
  response.reason = status == 200 ? "OK" : "Internal Server Error";
  response.headers = {{"Content-Type", type}, {"X-Request-Id", "[redacted:token:1a2b3c4d]"}};
  response.body = Body(std::move(body));
  response.timing = {milliseconds(1), milliseconds(9), milliseconds(13)};
  return response;
}

Divergence divergence(std::string location, std::string generalized, Kind kind, std::string transition,
                      std::optional<std::string> stable, std::optional<std::string> arm) {
  Divergence made;
  made.location = std::move(location);
  made.generalized = std::move(generalized);
  made.kind = kind;
  made.transition = std::move(transition);
  made.from_class = stable ? "text" : "";
  made.to_class = arm ? "text" : "";
  made.stable = std::move(stable);
  made.arm = std::move(arm);
  return made;
}

struct Sketch {
  std::string endpoint, target, location;
  std::uint64_t candidate_only;
  double ln_e;
};

FindingReport finding(const Sketch& sketch, Divergence shown) {
  static const std::string kHex = "0123456789abcdef";
  FindingReport made;
  const std::size_t hash = std::hash<std::string>()(sketch.endpoint + sketch.location + shown.transition);
  for (unsigned digit = 0; digit < 16; ++digit) made.id += kHex[hash >> (4 * digit) & 15U];
  made.issue = made.id;
  made.endpoint = sketch.endpoint;
  made.location = sketch.location;
  made.kind = shown.kind;
  made.transition = shown.transition;
  made.candidate_only = sketch.candidate_only;
  made.ln_e = sketch.ln_e;
  made.blocks_b = sketch.candidate_only / 10 + 1;
  made.first_seen = at_second(2);
  made.last_seen = at_second(58) + std::chrono::nanoseconds(120'000'000);
  Example example;
  example.sequence = sketch.candidate_only;
  example.request.method = sketch.endpoint.substr(0, sketch.endpoint.find(' '));
  example.request.target = sketch.target;
  example.request.headers = {{"Host", "shop.example"}, {"Accept", "application/json"}};
  example.stable = answer(200, R"({"id":1832,"value":)" + shown.stable.value_or("null") + "}");
  example.candidate = answer(200, R"({"id":1832,"value":)" + shown.arm.value_or("null") + "}");
  example.control = example.stable;
  example.divergences = {std::move(shown)};
  made.examples.push_back(std::move(example));
  return made;
}

TestReport test(std::string metric, std::uint64_t b, std::uint64_t c, std::uint64_t n, double ln_e, Verdict verdict) {
  TestReport made;
  made.metric = std::move(metric);
  made.b = b;
  made.c = c;
  made.n = n;
  made.blocks_b = b / 8;
  made.blocks_c = c / 8;
  made.ln_e = ln_e;
  made.excess = (static_cast<double>(b) - static_cast<double>(c)) / static_cast<double>(n);
  made.upper = made.excess + 0.004;
  made.tolerance = 0.01;
  made.share = 0.0005;
  made.peak = ln_e + 0.5;
  made.clustering = 1.25;
  made.pairs_needed = verdict == Verdict::inconclusive ? 640 : 0;
  made.verdict = verdict;
  return made;
}

EndpointReport endpoint(std::string name, std::uint64_t pairs, std::uint64_t diverged, Verdict verdict,
                        double slowdown) {
  EndpointReport made;
  made.endpoint = std::move(name);
  made.pairs = pairs;
  made.diverged = diverged;
  made.verdict = verdict;
  made.latency = {latencies(0.0112, 0.07), latencies(0.0121, 0.08 * slowdown), latencies(0.0119, 0.08)};
  const Verdict divergent = diverged > 20 ? Verdict::fail : verdict == Verdict::fail ? Verdict::pass : verdict;
  made.tests = {test("divergence", diverged, diverged / 50, pairs, static_cast<double>(diverged) / 12, divergent),
                test("errors", 0, 0, pairs, -2, verdict == Verdict::fail ? Verdict::pass : verdict),
                test("latency_p50", 40, 44, pairs, -1.5, verdict == Verdict::fail ? Verdict::pass : verdict),
                test("latency_p99", slowdown > 2 ? 160 : 12, 14, pairs, slowdown > 2 ? 31.5 : -1,
                     slowdown > 2               ? Verdict::fail
                     : verdict == Verdict::fail ? Verdict::pass
                                                : verdict)};
  return made;
}

void add_proven(Report& report) {
  auto& findings = report.findings;
  findings.push_back(
      finding({"GET /customers/{id}", "/customers/8841?expand=address", "body/name", 412, 33.4},
              divergence("body/name", "body/name", Kind::value, "text→text",
                         R"("محمد بن عبد الله 👨‍👩‍👧 Łukasz-Żółć the Third of his Name")",
                         R"("محمد بن عبد الله 👨‍👩‍👧 Łukasz-Żó\ufffd")")));
  findings.push_back(finding({"GET /customers/{id}/legacy", "/customers/17/legacy", "status", 96, 61.0},
                             divergence("status", "status", Kind::status, "200→500", "200", "500")));
  findings.back().examples[0].candidate = answer(500, R"({"message":"'NoneType' object has no attribute 'strip'"})");
  findings.push_back(
      finding({"GET /accounts/{id}/orders", "/accounts/3/orders?all=1", "body/orders/*", 75, 44.2},
              divergence("body/orders/1000", "body/orders/*", Kind::missing, "object",
                         R"({"id":991234,"total":"12.30","lines":[{"sku":"A-1","count":2}]})", std::nullopt)));
  findings.push_back(finding({"GET /accounts/{id}/orders", "/accounts/3/orders?all=1", "body/count", 75, 44.2},
                             divergence("body/count", "body/count", Kind::value, "number→number", "48211", "1000")));
  findings.back().issue = findings[2].id;
  findings.push_back(
      finding({"GET /products/{id}", "/products/77", "body/price", 1204, 190.7},
              divergence("body/price", "body/price", Kind::value, "number→number", "0.1", "0.10000000000000001")));
  findings.push_back(finding({"GET /me", "/me", "body/user/id", 31, 12.1},
                             divergence("body/user/id", "body/user/id", Kind::value, "number→number", "4411", "9120")));
  findings.push_back(finding({"GET /search", "/search?q=%00", "body/error", 44, 18.8},
                             divergence("body/error", "body/error", Kind::type, "string→object", R"("bad query")",
                                        R"({"code":"bad_query","message":"bad query"})")));
  for (FindingReport& each : findings) each.proven = true;
}

}  // namespace

Report rich_report() {
  Report report;
  report.run = {"7f3a9c21",
                at_second(0),
                at_second(61),
                "serve",
                "0.1.0",
                "http://127.0.0.1:9001",
                "http://127.0.0.1:9002",
                "http://127.0.0.1:9003"};
  report.verdict = Verdict::fail;
  report.reasons = {"6 of 8 endpoints fail", "control is healthy: 0.1 % of its last 1 000 pairs failed"};
  report.candidate = {
      .asked = 9'870, .answered = 9'800, .unanswered = 2, .silent = false, .error = "end of file (read)"};
  report.control = {.asked = 9'870, .answered = 9'870, .unanswered = 0, .silent = false, .error = ""};
  report.judged = {0.01, milliseconds(1000), 1, "openapi.yaml 0f3c5a7e, 12 templates"};
  report.totals = {12'345, 12'000, 11'930, 1'862, 2, {{"candidate_budget", 60}, {"too_large", 8}}};
  report.endpoints = {endpoint("GET /products/{id}", 3'120, 1'204, Verdict::fail, 1),
                      endpoint("GET /customers/{id}", 2'980, 412, Verdict::fail, 1),
                      endpoint("GET /accounts/{id}/orders", 2'410, 75, Verdict::fail, 4),
                      endpoint("GET /customers/{id}/legacy", 960, 96, Verdict::fail, 1),
                      endpoint("GET /search", 880, 44, Verdict::fail, 1),
                      endpoint("GET /me", 1'400, 31, Verdict::fail, 1),
                      endpoint("GET /health", 1'180, 0, Verdict::pass, 1),
                      endpoint("GET /tags", 130, 3, Verdict::inconclusive, 1)};
  report.endpoints[3].tests[1] = test("errors", 96, 0, 960, 61, Verdict::fail);
  report.endpoints[4].tests.push_back(test("budget_p99", 61, 0, 880, 12, Verdict::fail));
  report.endpoints[4].tests.back().budget = 0.25;
  add_proven(report);
  report.findings.push_back(finding({"GET /tags", "/tags?page=2", "body/total", 3, 1.4},
                                    divergence("body/total", "body/total", Kind::value, "number→number", "12", "13")));
  for (const char* where : {"header/x-request-id", "body/generated_at"}) {
    report.findings.push_back(finding({"GET /products/{id}", "/products/9", where, 40, -3},
                                      divergence(where, where, Kind::value, "uuid→uuid", R"("a")", R"("b")")));
    report.findings.back().status = FindingStatus::noise;
    report.findings.back().both = 3'001;
    report.findings.back().control_only = 52;
  }
  report.findings.push_back(
      finding({"GET /tags", "/tags", "body/tags", 41, -2},
              divergence("body/tags", "body/tags", Kind::reordered, "reordered", "[1,2]", "[2,1]")));
  report.findings.back().status = FindingStatus::noise;
  report.findings.push_back(
      finding({"GET /me", "/me", "header/x-served-by", 20, 8},
              divergence("header/x-served-by", "header/x-served-by", Kind::value, "text→text", R"("v1")", R"("v2")")));
  report.findings.back().status = FindingStatus::accepted;
  report.rules = {{"header/x-served-by: accept v1 → v2", "the release names itself", 0, 20, false},
                  {"body/**/etag: ignore", "derived from time, see #41", 311, 0, true}};
  return report;
}

Report evil_report() {
  Report report = rich_report();
  const std::string evil(kEvil, sizeof kEvil - 1);
  const std::string nul("a\0b", 3);
  report.run.id = report.run.stable = report.run.candidate = report.run.version = evil;
  report.reasons.push_back(evil);
  report.totals.dropped[evil] = 1;
  report.rules.push_back({evil, evil + nul, 1, 1, false});
  report.endpoints[0].endpoint = evil;
  report.endpoints[0].tests[0].metric = evil;
  for (FindingReport& each : report.findings) {
    each.location = "body/" + evil + nul;
    each.transition = evil;
    Example& example = each.examples[0];
    example.request.target = "/" + evil + std::string(10'000, 'x');
    example.request.headers.add("X-Evil", evil);
    example.request.body = Body(evil);
    example.stable.body = Body(evil + nul + std::string(10'000, 'y') + "\n" + evil);
    example.candidate.body.bytes = evil + "\xe2\x82";
    example.candidate.body.length = 1'000'000;
    example.candidate.body.hash = 0xFFFF'FFFF'FFFF'FFFE;
    example.candidate.headers.add("X-Evil", evil);
    example.candidate.trailers.add("X-Trailer", evil);
    example.control = Response{};
    example.control->error = ArmError::garbage;
    example.control->error_detail = evil;
    example.divergences[0].location = example.divergences[0].generalized = each.location;
    example.divergences[0].transition = each.transition;
    example.divergences[0].stable = evil + std::string(10'000, 'z');
    example.divergences[0].arm = evil + std::string(9'999, 'z') + evil;
  }
  report.findings[0].endpoint = evil;
  report.findings[0].issue = "no such issue";
  return report;
}

Report large_report(std::size_t findings) {
  Report report = rich_report();
  report.findings.clear();
  report.endpoints.clear();
  for (std::size_t at = 0; at < findings; ++at) {
    const std::string name = "GET /large/" + std::to_string(at / 10);
    if (at % 10 == 0) report.endpoints.push_back(endpoint(name, 100 + at, at % 7, Verdict::inconclusive, 1));
    const std::string where = "body/field" + std::to_string(at);
    report.findings.push_back(finding({name, "/large/1?at=" + std::to_string(at), where, at % 30, 0.5},
                                      divergence(where, where, Kind::value, "number→number", "1", "2")));
    report.findings.back().examples.push_back(report.findings.back().examples[0]);
    report.findings.back().examples.back().sequence = 1'000'000 + at;
  }
  return report;
}

}  // namespace truemirror
