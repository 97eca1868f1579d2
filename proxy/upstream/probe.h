// Whether an upstream takes connections, asked now and then by threads that may wait: readiness, start-up messages.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "proxy/upstream/tls_client.h"
#include "proxy/upstream/url.h"

namespace truemirror {

// Connects (and shakes hands, for https) and closes again. Empty where that worked, else why not. Blocks for `limit`,
// and for as long as the system's resolver takes. `tls`: as in PoolOptions.
[[nodiscard]] std::string probe_upstream(const UpstreamUrl& url, std::shared_ptr<const TlsClient> tls,
                                         std::chrono::milliseconds limit);

}  // namespace truemirror
