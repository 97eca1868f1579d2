#include "proxy/cli/load_tls.h"

namespace truemirror {
namespace {

Result<void> load_upstream(const char* what, const UpstreamUrl& url, UpstreamTls& tls) {
  tls.loaded.reset();
  if (url.scheme != UpstreamUrl::Scheme::https) {
    if (tls.options.usual()) return {};
    return Problem{std::string(what) + ": ca, certificate, key and server_name go with an https:// URL, and this is '" +
                   url.text + "'"};
  }
  auto loaded = TlsClient::load(tls.options);
  if (loaded.has_error()) return Problem{std::string(what) + ": " + loaded.error().text};
  tls.loaded = *std::move(loaded);
  return {};
}

Result<void> load_listener(ServeConfig& config) {
  const ListenConfig& listen = config.listen;
  config.tls.reset();
  if (!listen.https && listen.tls.certificates.empty()) return {};
  if (!listen.https)
    return Problem{"a certificate is given and no address to use it at; add --https HOST:PORT, or listen.https"};
  if (listen.tls.certificates.empty())
    return Problem{"HTTPS needs a certificate: add --certificate FILE and --key FILE, or listen.tls.certificates"};
  auto loaded = TlsServer::load(listen.tls);
  if (loaded.has_error()) return loaded.error();
  config.tls = *std::move(loaded);
  return {};
}

}  // namespace

Result<void> load_tls(ServeConfig& config) {
  if (auto done = load_listener(config); done.has_error()) return done;
  if (auto done = load_upstream("stable", config.stable, config.stable_tls); done.has_error()) return done;
  if (auto done = load_upstream("candidate", config.candidate, config.candidate_tls); done.has_error()) return done;
  return load_upstream("control", config.control.value_or(UpstreamUrl{}), config.control_tls);
}

std::vector<std::string> tls_warnings(const ServeConfig& config) {
  std::vector<std::string> out;
  if (config.tls) out = config.tls->warnings();
  for (const UpstreamTls* each : {&config.stable_tls, &config.candidate_tls, &config.control_tls}) {
    if (each->loaded) out.insert(out.end(), each->loaded->warnings().begin(), each->loaded->warnings().end());
  }
  return out;
}

}  // namespace truemirror
