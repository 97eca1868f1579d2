// `truemirror serve`: puts live path, shadow pipeline and admin server together, waits for signals, and ends the run in
// order. Lives on the program's main thread, which also looks after readiness once a second.
#include <spdlog/spdlog.h>

#include <atomic>
#include <csignal>
#include <ctime>

#include "proxy/admin/server.h"
#include "proxy/cli/capture_watch.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/load_tls.h"
#include "proxy/cli/logging.h"
#include "proxy/cli/restart_needs.h"
#include "proxy/cli/run_setup.h"
#include "proxy/cli/same_address.h"
#include "proxy/cli/serve_metrics.h"
#include "proxy/cli/upstream_watch.h"
#include "proxy/cli/version.h"
#include "proxy/live/server.h"
#include "proxy/shadow/background.h"
#include "proxy/shadow/pipeline.h"

namespace truemirror {
namespace {

// Together under the 30 s that supervisors usually grant between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kDrainLive{20};
constexpr std::chrono::seconds kDrainShadow{5};
// A log shipper that hangs must neither end the comparing nor hold up the drain.
constexpr std::chrono::milliseconds kLinesPatience{2'000};

std::shared_ptr<const SamplingPlan> sampling_plan(const ServeConfig& config) {
  auto plan = std::make_shared<SamplingPlan>();
  plan->fraction = config.sample;
  for (const RouteConfig& route : config.routes) plan->routes.push_back({route.match, route.methods, route.sample});
  return plan;
}

LiveOptions live_options(const ServeConfig& config) {
  LiveOptions options;
  const HostPort http = config.listen.http.value_or(HostPort{});
  options.plain = config.listen.http.has_value();
  options.listen_host = http.host;
  options.listen_port = http.port;
  if (config.listen.https) options.https = {config.listen.https->host, config.listen.https->port};
  options.tls = config.tls;
  options.threads = config.threads;
  options.stable.url = config.stable;
  options.stable.tls = config.stable_tls.loaded;
  options.stable.keep_alive = config.stable_keep_alive;
  options.limits = config.listen.limits;
  options.limits.connections = connections_that_fit(options.limits, open_files_limit());
  options.limits.kept_connections = kept_that_fit(options.limits, open_files_limit());
  options.copy_limit = config.budgets.copy_limit;
  options.forward_connect = config.listen.forward_connect;
  if (config.via) options.pseudonym = "truemirror";
  return options;
}

AdminOptions admin_options(const ServeConfig& config) {
  AdminOptions options;
  options.host = config.admin.listen.host;
  options.port = config.admin.listen.port;
  options.token = config.admin.token;
  options.on_thread_start = [] { enter_background("admin"); };
  return options;
}

HeaderEdits to_edits(const RouteHeaderEdits& from) {
  HeaderEdits edits;
  edits.remove = from.remove;
  for (const auto& replace : from.replace) edits.replace.push_back({replace.name, replace.from, replace.to});
  for (const auto& set : from.set) edits.set.emplace_back(set.name, set.value);
  return edits;
}

ShadowOptions shadow_options(const ServeConfig& config, const std::string& run) {
  ShadowOptions options;
  options.candidate.pool.url = config.candidate;
  options.candidate.pool.tls = config.candidate_tls.loaded;
  options.candidate.pool.keep_alive = config.candidate_keep_alive;
  if (config.control)
    options.control = ArmOptions{
        .pool = {.url = *config.control, .tls = config.control_tls.loaded, .keep_alive = config.control_keep_alive}};
  if (config.control_is_stable)
    options.control = ArmOptions{
        .pool = {.url = config.stable, .tls = config.stable_tls.loaded, .keep_alive = config.stable_keep_alive},
        .safe_methods_only = true};
  options.run = run;
  options.max_in_flight = config.budgets.in_flight;
  options.max_bytes = config.budgets.bytes;
  options.max_compare_queue = config.budgets.compare_queue;
  options.copy_limit = config.budgets.copy_limit;
  options.response_heads = response_heads(config.listen.limits);
  options.arm_timeout = config.budgets.timeout;
  for (const RouteConfig& route : config.routes)
    options.routes.push_back({route.match, route.timeout, to_edits(route.candidate), to_edits(route.control)});
  return options;
}

// Templates that name endpoints: the OpenAPI file's, and the routes' own paths. A route that ends in `**` says how a
// whole tree is mirrored, not that the tree is one endpoint.
std::vector<std::string> named_routes(const ServeConfig& config) {
  std::vector<std::string> routes = config.templates.routes;
  for (const RouteConfig& route : config.routes) {
    if (route.match.find("**") == std::string::npos) routes.push_back(route.match);
  }
  return routes;
}

PipelineOptions pipeline_options(const ServeConfig& config, const std::shared_ptr<const Redactor>& redactor) {
  PipelineOptions options;
  options.run = {.id = new_run_id(),
                 .started = std::chrono::system_clock::now(),
                 .ended = std::nullopt,
                 .source = "serve",
                 .version = version(),
                 .stable = config.stable.text,
                 .candidate = config.candidate.text,
                 .control = config.control_is_stable ? "stable"
                            : config.control         ? config.control->text
                                                     : ""};
  options.shadow = shadow_options(config, options.run.id);
  options.aggregate = {.policy = config.policy,
                       .control = config.control_is_stable ? ControlMode::stable_again
                                  : config.control         ? ControlMode::instance
                                                           : ControlMode::none,
                       .redactor = redactor,
                       .rules = config.rules,
                       .routes = named_routes(config),
                       .templates = config.templates.source};
  options.comparer.max_queue = config.budgets.compare_queue;
  options.comparer.compare.rules = config.rules;
  options.report_dir = config.report;
  options.comparisons = config.comparisons.value_or("");
  options.comparisons_patience = kLinesPatience;
  options.marks = config.mark_key ? MarkKey(*config.mark_key) : MarkKey::random();
  if (config.capture.dir) {
    options.capture = CaptureOptions{.dir = *config.capture.dir,
                                     .run = options.run.id,
                                     .version = options.run.version,
                                     .config_hash = text_hash(effective_config(config)),
                                     .redaction_hash = redaction_policy_hash(config.redaction),
                                     .segment_bytes = config.capture.segment_bytes,
                                     .segment_age = config.capture.segment_age,
                                     .queue_bytes = config.capture.queue_bytes,
                                     .redactor = redactor,
                                     .on_thread_start = [] { enter_background("capture"); },
                                     .files = nullptr};
  }
  return options;
}

// The service while it runs.
class Service {
 public:
  explicit Service(const ServeConfig& config) : config_(config), upstreams_(config) {}
  // Also after a start that failed half way: who asks goes before who is asked.
  ~Service() {
    admin_.reset();
    if (live_) live_->drain(std::chrono::milliseconds(0));
    pipeline_.reset();
  }
  Service(const Service&) = delete;

  Result<void> start();
  // Until SIGTERM or SIGINT.
  void serve();
  // No exception leaves it but for want of memory, and that must end the program before it unwinds past running
  // threads.
  int finish() noexcept;

 private:
  Result<void> start_admin();
  void look_at_upstreams() { upstreams_.look(live_->stats(), pipeline_->shadow_stats()); }
  void look_at_capture();
  void reload();
  void rotate_ticket_keys();
  void say_what_runs() const;
  [[nodiscard]] std::string not_ready() const;

  const ServeConfig& config_;
  std::atomic<bool> mirroring_{true};
  std::atomic<bool> draining_{false};
  UpstreamWatch upstreams_;
  CaptureWatch capture_watch_;
  std::chrono::steady_clock::time_point keys_rotated_at_ = std::chrono::steady_clock::now();
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<LiveServer> live_;
  std::unique_ptr<AdminServer> admin_;
};

Result<void> Service::start() {
  // Before anything is opened: a start that fails leaves the last run's report where it is.
  if (auto apart = check_addresses(config_); !apart) return apart;
  for (const auto& place : {config_.listen.http, config_.listen.https, std::optional(config_.admin.listen)}) {
    if (!place) continue;
    if (auto free = LiveServer::can_listen(place->host, place->port); !free) return free;
  }
  if (auto can = AdminServer::can_start(admin_options(config_)); !can) return can;
  auto redactor = make_redactor(config_.redaction);
  if (!redactor) return redactor.error();
  auto pipeline = Pipeline::open(pipeline_options(config_, *redactor));
  if (!pipeline) return pipeline.error();
  pipeline_ = std::move(*pipeline);
  live_ = std::make_unique<LiveServer>(
      live_options(config_), LiveContext{pipeline_->lane(), pipeline_->marks(), mirroring_, sampling_plan(config_)});
  pipeline_->count_requests([this] { return live_->stats().requests; });
  if (auto live = live_->bind(); !live) return live;
  pipeline_->start();
  if (auto admin = start_admin(); !admin) return admin;
  live_->start();
  say_what_runs();
  look_at_upstreams();
  return {};
}

Result<void> Service::start_admin() {
  AdminHooks hooks;
  hooks.report = [this] { return pipeline_->report(); };
  hooks.metrics = [this] {
    return serve_metrics({.version = version_text(),
                          .mirroring = mirroring_.load(),
                          .ready = not_ready().empty(),
                          .live = live_->stats(),
                          .pipeline = *pipeline_,
                          .budgets = config_.budgets,
                          .capture_queue_bytes = config_.capture.queue_bytes});
  };
  hooks.alive = [] { return true; };
  hooks.not_ready = [this] { return not_ready(); };
  hooks.mirroring = [this] { return mirroring_.load(); };
  hooks.set_mirroring = [this](bool enabled) {
    if (mirroring_.exchange(enabled) != enabled) spdlog::warn("mirroring is switched {}", enabled ? "on" : "off");
  };
  auto admin = AdminServer::start(admin_options(config_), std::move(hooks));
  if (!admin) return admin.error();
  admin_ = std::move(*admin);
  return {};
}

void Service::say_what_runs() const {
  const LiveLimits& limits = config_.listen.limits;
  if (const std::size_t fit = connections_that_fit(limits, open_files_limit()); fit < limits.connections) {
    spdlog::warn(
        "limits: connections is {}, but this process may open {} files: {} is in effect, since each may need one to "
        "stable; raise it (ulimit -n, LimitNOFILE=), or set stable_connections",
        limits.connections, open_files_limit(), fit);
  }
  for (const std::string& warning : tls_warnings(config_)) spdlog::warn("{}", warning);
  if (config_.listen.http)
    spdlog::info("serving http://{} from stable {}", to_string(HostPort{config_.listen.http->host, live_->port()}),
                 config_.stable.text);
  if (config_.listen.https)
    spdlog::info("serving https://{} from stable {}",
                 to_string(HostPort{config_.listen.https->host, live_->https_port()}), config_.stable.text);
  spdlog::info("mirroring {:g} % of GET, HEAD and OPTIONS{} to candidate {}{}", config_.sample * 100,
               config_.routes.empty() ? "" : ", but for what routes say otherwise,", config_.candidate.text,
               config_.control ? " and control " + config_.control->text : "");
  if (config_.control_is_stable) {
    spdlog::warn(
        "control is stable itself: it is asked twice and carries that load, its second answer may come from a cache "
        "that the first has warmed; latency is shown but judged by nothing");
  } else if (!config_.control) {
    spdlog::warn("there is no control: noise is guessed from value classes, verdicts are uncalibrated");
  }
  spdlog::info("report {}, live at http://{}/", config_.report.string(),
               to_string(HostPort{config_.admin.listen.host, admin_->port()}));
}

std::string Service::not_ready() const { return draining_ ? "draining" : upstreams_.stable_problem(); }

void Service::look_at_capture() {
  const auto stats = pipeline_->capture_stats();
  if (!stats) return;
  const std::string news = capture_watch_.look(*stats);
  if (!news.empty()) spdlog::log(capture_watch_.sheds() ? spdlog::level::err : spdlog::level::info, "{}", news);
}

void Service::reload() {
  const Result<ServeConfig> fresh = load_serve_config(config_.flags);
  if (!fresh) return spdlog::error("reload: {}; nothing has changed", fresh.error().text);
  live_->follow(sampling_plan(*fresh));
  if (config_.tls && fresh->tls) live_->follow(fresh->tls);
  const std::pair<const UpstreamTls&, const UpstreamTls&> upstreams[] = {{config_.stable_tls, fresh->stable_tls},
                                                                         {config_.candidate_tls, fresh->candidate_tls},
                                                                         {config_.control_tls, fresh->control_tls}};
  for (const auto& [now, next] : upstreams) {
    if (now.loaded && next.loaded) now.loaded->follow(*next.loaded);
  }
  for (const std::string& warning : tls_warnings(*fresh)) spdlog::warn("{}", warning);
  set_log_level(fresh->log.level);
  const std::vector<std::string> waiting = restart_needs(config_, *fresh);
  if (!waiting.empty())
    spdlog::warn("reload: these have changed and stay as they were until a restart: {}", fmt::join(waiting, ", "));
  spdlog::info(
      "reloaded: certificates and TLS, sample, the routes' match, methods and sample, log level; all else takes effect "
      "at the next start");
}

void Service::rotate_ticket_keys() {
  const auto now = std::chrono::steady_clock::now();
  if (!config_.tls || now - keys_rotated_at_ < TicketKeys::kRotation) return;
  keys_rotated_at_ = now;
  if (const Result<void> done = live_->rotate_ticket_keys(); !done) spdlog::error("{}", done.error().text);
}

void Service::serve() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  const timespec second{1, 0};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) reload();
    rotate_ticket_keys();
    look_at_upstreams();
    look_at_capture();
  }
}

int Service::finish() noexcept {
  draining_ = true;
  spdlog::info("draining: no new connections; exchanges under way have {} s", kDrainLive.count());
  live_->drain(kDrainLive);
  const Result<Report> last = pipeline_->finish(kDrainShadow);
  admin_->stop();
  if (!last) {
    spdlog::critical("{}", last.error().text);
    return kRuntime;
  }
  say_totals(*last);
  if (const auto capture = pipeline_->capture_stats())
    spdlog::info("{}", capture_totals(*config_.capture.dir, *capture));
  return kDone;
}

}  // namespace

int serve_command(const ServeConfig& config) {
  setup_logging(config.log);
  prepare_process();
  Service service(config);
  if (const Result<void> started = service.start(); !started) {
    spdlog::error("{}", started.error().text);
    return kUsage;
  }
  service.serve();
  return service.finish();
}

}  // namespace truemirror
