#include "tests/scenarios/proxy.h"

#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <fstream>
#include <numeric>
#include <sstream>

#include "capture/redact.h"

namespace truemirror::testing {
namespace {

constexpr std::chrono::seconds kDrain{5};

UpstreamUrl url(const std::string& text) { return UpstreamUrl::parse(text).value(); }

ProxySetup usual_setup(const std::string& stable, const std::string& candidate, const std::string& control,
                       const std::filesystem::path& folder) {
  ProxySetup setup;
  setup.live.listen_port = 0;
  setup.live.threads = 2;
  setup.live.stable.url = url(stable);
  PipelineOptions& pipeline = setup.pipeline;
  pipeline.run = {.id = new_run_id(),
                  .started = std::chrono::system_clock::now(),
                  .ended = std::nullopt,
                  .source = "serve",
                  .version = "test",
                  .stable = stable,
                  .candidate = candidate,
                  .control = control};
  ShadowOptions shadow;
  shadow.candidate.pool.url = url(candidate);
  if (!control.empty()) shadow.control = ArmOptions{.pool = {.url = url(control), .tls = nullptr}};
  shadow.run = pipeline.run.id;
  shadow.arm_timeout = std::chrono::milliseconds(500);
  pipeline.shadow = std::move(shadow);
  pipeline.aggregate.redactor = make_redactor({}).value();
  pipeline.aggregate.control = control.empty() ? ControlMode::none : ControlMode::instance;
  pipeline.report_dir = folder / "report";
  pipeline.marks = MarkKey::random();
  return setup;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "truemirror-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a folder that stays behind fails no test
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::all_bytes() const {
  std::ostringstream all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    if (entry.is_regular_file()) all << std::ifstream(entry.path(), std::ios::binary).rdbuf();
  }
  return all.str();
}

Proxy::Proxy(const std::string& stable, const std::string& candidate, const std::string& control,
             const std::function<void(ProxySetup&)>& change) {
  // The log is made before there are threads, as in the program: the guard of its first use is inside of spdlog's
  // library, which is built without TSan.
  spdlog::default_logger_raw();
  ProxySetup setup = usual_setup(stable, candidate, control, folder_.path());
  if (change) change(setup);
  pipeline_ = Pipeline::open(std::move(setup.pipeline)).value();
  live_ = std::make_unique<LiveServer>(std::move(setup.live),
                                       LiveContext{pipeline_->lane(), pipeline_->marks(), mirroring_,
                                                   std::make_shared<const SamplingPlan>(std::move(setup.plan))});
  pipeline_->count_requests([this] { return live_->stats().requests; });
  live_->bind().value();
  pipeline_->start();
  live_->start();
}

Proxy::~Proxy() {
  if (live_) live_->drain(kDrain);
  pipeline_.reset();  // its reporter asks live_ for counts
}

Report Proxy::finish(std::chrono::milliseconds limit) {
  live_->drain(limit);
  return pipeline_->finish(limit).value();
}

std::uint64_t dropped(const Totals& totals) {
  return std::accumulate(totals.dropped.begin(), totals.dropped.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

}  // namespace truemirror::testing
