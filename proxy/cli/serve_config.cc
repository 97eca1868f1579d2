// Flags over the configuration file over the defaults.
#include "proxy/cli/config.h"
#include "proxy/cli/config_limits.h"
#include "proxy/cli/control_choice.h"
#include "proxy/cli/input_files.h"
#include "proxy/cli/load_tls.h"
#include "proxy/cli/text_file.h"
#include "proxy/cli/values.h"

namespace truemirror {
namespace {

using Done = Result<void>;

// Parses a flag that was given into `out`.
template <class Out, class Parse>
Done take(const char* flag, const std::optional<std::string>& text, Out& out, Parse parse) {
  if (!text) return {};
  auto value = parse(*text);
  if (value.has_error()) return Problem{std::string(flag) + ": " + value.error().text};
  out = *std::move(value);
  return {};
}

Result<std::string> as_it_is(std::string_view text) {
  if (text.empty()) return Problem{"is empty"};
  return {boost::system::in_place_value, text};
}

Result<ServeConfig> base_config(const ServeFlags& flags) {
  if (!flags.config) return parse_config("", "");
  const auto text = read_text_file(*flags.config);
  if (text.has_error()) return text.error();
  return parse_config(*text, *flags.config);
}

Done apply_tls_flags(const ServeFlags& flags, ListenConfig& listen) {
  if (flags.listen) listen.http_is_usual = false;
  if (listen.https && listen.http_is_usual) listen.http.reset();
  if (!flags.certificate && !flags.key) return {};
  if (!flags.key || flags.key->empty()) return Problem{"--certificate needs --key FILE, its private key"};
  if (!flags.certificate || flags.certificate->empty())
    return Problem{"--key needs --certificate FILE, whose key it is"};
  listen.tls.certificates = {{.certificate = *flags.certificate, .key = *flags.key}};
  return {};
}

Done apply_flags(const ServeFlags& flags, ServeConfig& config) {
  std::optional<ControlChoice> control;
  std::string report = config.report.string();
  const auto threads = [](std::string_view text) -> Result<unsigned> {
    const auto count = parse_count(text, 1, 256);
    if (count.has_error()) return count.error();
    return static_cast<unsigned>(*count);
  };
  for (const Done& done :
       {take("--listen", flags.listen, config.listen.http, parse_host_port),
        take("--https", flags.https, config.listen.https, parse_host_port),
        take("--stable", flags.stable, config.stable, UpstreamUrl::parse),
        take("--candidate", flags.candidate, config.candidate, UpstreamUrl::parse),
        take("--control", flags.control, control, parse_control),
        take("--sample", flags.sample, config.sample, parse_fraction),
        take("--admin", flags.admin, config.admin.listen, parse_host_port),
        take("--threads", flags.threads, config.threads, threads), take("--report", flags.report, report, as_it_is),
        take("--capture", flags.capture, config.capture.dir, as_it_is),
        take("--rules", flags.rules, config.rules_file, as_it_is),
        take("--policy", flags.policy, config.policy_file, as_it_is),
        take("--openapi", flags.openapi, config.openapi_file, as_it_is),
        take("--comparisons", flags.comparisons, config.comparisons, as_it_is)}) {
    if (done.has_error()) return done;
  }
  for (const std::string& each : flags.limits) {
    if (const Done done = apply_limit(each, config.listen.limits); done.has_error())
      return Problem{"--limit: " + done.error().text};
  }
  if (control) set_control(config, *std::move(control));
  config.allow_same_address = config.allow_same_address || flags.allow_same_address;
  config.report = report;
  return apply_tls_flags(flags, config.listen);
}

template <class Out, class Load>
Done load_into(const std::optional<std::filesystem::path>& file, Out& out, Load load) {
  if (!file) return {};
  auto value = load(*file);
  if (value.has_error()) return value.error();
  out = *std::move(value);
  return {};
}

Done load_files(const ServeFlags& flags, ServeConfig& config) {
  for (const Done& done : {load_into(config.rules_file, config.rules, load_rules),
                           load_into(config.policy_file, config.policy, load_policy),
                           load_into(config.openapi_file, config.templates, load_openapi),
                           load_into(flags.mark_key, config.mark_key, load_key),
                           load_into(flags.redaction_key, config.redaction.key, load_key)}) {
    if (done.has_error()) return done;
  }
  return {};
}

bool same_place(const HostPort& a, const HostPort& b) { return a.port != 0 && a.port == b.port && a.host == b.host; }

Done check_whole(const ServeConfig& config) {
  if (config.stable.text.empty()) return Problem{"serve needs --stable URL, the upstream that answers users"};
  if (config.candidate.text.empty()) return Problem{"serve needs --candidate URL, the upstream under test"};
  if (config.listen.http && same_place(*config.listen.http, config.admin.listen)) {
    return Problem{"--listen and --admin name the same address; give each a port of its own"};
  }
  if (config.listen.https) {
    if (same_place(*config.listen.https, config.admin.listen))
      return Problem{"--https and --admin name the same address; give each a port of its own"};
    if (config.listen.http && same_place(*config.listen.https, *config.listen.http))
      return Problem{"--https and --listen name the same address; give each a port of its own"};
  }
  return {};
}

}  // namespace

Result<ServeConfig> load_serve_config(const ServeFlags& flags) {
  auto config = base_config(flags);
  if (config.has_error()) return config;
  for (const auto& step : {apply_flags, load_files}) {
    if (const Done done = step(flags, *config); done.has_error()) return done.error();
  }
  if (const Done whole = check_whole(*config); whole.has_error()) return whole.error();
  if (const Done loaded = load_tls(*config); loaded.has_error()) return loaded.error();
  config->flags = flags;
  return config;
}

}  // namespace truemirror
