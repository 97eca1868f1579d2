// What `serve` is told, by its flags and its configuration file together: plain values, checked, with the defaults of
// design.md §5. Flags win over the file. Parsing touches nothing but the files named.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/redact.h"
#include "diff/report/openapi.h"
#include "diff/rules.h"
#include "diff/stats/policy.h"
#include "proxy/cli/config_listen.h"
#include "proxy/http/problem.h"
#include "proxy/upstream/tls_client.h"
#include "proxy/upstream/url.h"

namespace truemirror {

// What a route does to the headers of the copies that one arm gets; everything else is kept as it is.
struct RouteHeaderEdits {
  struct Set {
    std::string name, value;
  };
  struct Replace {
    std::string name, from, to;  // every `from` in the field's value becomes `to`
  };
  std::vector<std::string> remove;  // first
  std::vector<Replace> replace;     // then
  std::vector<Set> set;             // last
  [[nodiscard]] bool empty() const { return remove.empty() && replace.empty() && set.empty(); }
};

struct RouteConfig {
  std::string match;                                 // a path pattern: `*` one segment, `**` any rest
  std::vector<std::string> methods;                  // mirrored; empty: GET, HEAD and OPTIONS
  std::optional<double> sample;                      // [0, 1]; none: the run's
  std::optional<std::chrono::milliseconds> timeout;  // of an attempt on an arm
  RouteHeaderEdits candidate, control;
};

struct BudgetConfig {
  std::size_t in_flight = 512;                // samples that the arms work on at once
  std::size_t bytes = 256u << 20;             // of copies that live at once, samples and answers together
  std::size_t copy_limit = 1u << 20;          // of one body; beyond it length and hash
  std::size_t compare_queue = 1024;           // comparisons that wait
  std::chrono::milliseconds timeout{10'000};  // of an attempt on an arm, unless its route says otherwise
};

// How an upstream is spoken to over TLS; https:// alone.
struct UpstreamTls {
  TlsClientOptions options;
  std::shared_ptr<TlsClient> loaded;  // null for another scheme
};

struct CaptureConfig {
  std::optional<std::filesystem::path> dir;  // none: nothing is captured
  std::uint64_t segment_bytes = 256u << 20;  // compressed; then the next segment begins
  std::chrono::seconds segment_age{600};
  std::size_t queue_bytes = 64u << 20;  // of exchanges that wait for the disk
};

struct AdminConfig {
  HostPort listen{"127.0.0.1", 9901};
  std::optional<std::string> token;  // required where `listen` is no loopback address
};

struct LogConfig {
  std::string level = "info";  // debug | info | warn | error
  bool json = false;           // one JSON object a line
};

// The flags of `serve` as they were typed; none where a flag was not.
struct ServeFlags {
  std::optional<std::string> listen, stable, candidate, control, sample, admin, report, capture, rules, policy, config,
      threads, mark_key, redaction_key, comparisons, openapi, https, certificate, key;
  std::vector<std::string> limits;  // NAME=VALUE
  bool allow_same_address = false;
};

struct ServeConfig {
  ListenConfig listen;
  UpstreamUrl stable, candidate;
  std::optional<UpstreamUrl> control;  // none: there is none, or it is stable itself
  bool control_is_stable = false;      // `--control stable`
  bool allow_same_address = false;     // several of these may be one server (same_address.h)
  UpstreamTls stable_tls, candidate_tls, control_tls;
  // How long each keeps idle connections; 0: each request gets a new one; none: what it says and shows.
  std::optional<std::chrono::milliseconds> stable_keep_alive, candidate_keep_alive, control_keep_alive;
  bool via = false;                 // whether Via names us, to upstreams and clients
  double sample = 1.0;              // [0, 1]
  unsigned threads = 1;             // live ones; default: cores
  std::vector<RouteConfig> routes;  // the first that matches decides
  BudgetConfig budgets;
  CaptureConfig capture;
  RedactionOptions redaction;  // its key is that of the key file, or empty: a random one
  std::filesystem::path report = "./truemirror-report";
  AdminConfig admin;
  LogConfig log;

  std::optional<std::filesystem::path> rules_file, policy_file, openapi_file;
  std::shared_ptr<const RuleSet> rules;  // null where no file is named
  std::shared_ptr<const TlsServer> tls;  // null where `listen` has no https
  Policy policy;
  EndpointTemplates templates;             // of the OpenAPI file; none where no file is named
  std::optional<std::string> mark_key;     // the key file's content; none: a random one
  std::optional<std::string> comparisons;  // a file, or `-` for stdout

  ServeFlags flags;  // what it was made of: load_serve_config(flags) again is a reload
};

// Reads the configuration file, the rules, the policy and the keys that the flags name, and puts all together. Errors:
// the first that is wrong, with file, line and column, or the flag.
[[nodiscard]] Result<ServeConfig> load_serve_config(const ServeFlags& flags);

// The configuration file alone. Upstreams may be missing: flags can name them.
[[nodiscard]] Result<ServeConfig> parse_config(std::string_view yaml, std::string_view file_name);

// All that is in effect, as a configuration file with the defaults filled in. Secrets appear as `(set)`.
[[nodiscard]] std::string effective_config(const ServeConfig& config);

}  // namespace truemirror
