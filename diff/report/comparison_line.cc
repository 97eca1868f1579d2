// A line of --comparisons (design.md §5): JSON on one line. Comparing saw the raw values; what leaves here is redacted.
#include "diff/report/message_json.h"
#include "diff/report/phrase.h"
#include "diff/report/render.h"
#include "proxy/http/redactor.h"

namespace truemirror {
namespace {

Divergence redacted(Divergence divergence, const Redactor& redactor) {
  for (auto* value : {&divergence.stable, &divergence.arm}) {
    if (*value) **value = redactor.value(divergence.location, **value);
  }
  return divergence;
}

// Calls `write` for stable, candidate and control; null where there was no control.
template <class Write>
void write_arms(JsonWriter& json, const Comparison& comparison, Write write) {
  json.begin_object().key("stable");
  write(comparison.stable);
  json.key("candidate");
  write(comparison.candidate);
  json.key("control");
  if (comparison.control) {
    write(*comparison.control);
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace

std::string render_comparison(const Comparison& comparison, const std::string& run, const Redactor& redactor) {
  JsonWriter json;
  json.begin_object().key("at").text(phrase_time(comparison.at));
  json.key("id").text(run + "-" + std::to_string(comparison.sequence)).key("endpoint").text(comparison.endpoint);
  json.key("method").text(comparison.request.method).key("target").text(redactor.target(comparison.request.target));
  if (comparison.candidate_uncompared != Uncompared::no)
    json.key("uncompared").text(to_string(comparison.candidate_uncompared));
  if (comparison.control_uncompared != Uncompared::no)
    json.key("uncompared_control").text(to_string(comparison.control_uncompared));
  json.key("divergent").boolean(comparison.divergent()).key("divergences").begin_array();
  for (const Divergence& divergence : comparison.candidate_divergences) {
    write_divergence(json, redacted(divergence, redactor));
  }
  json.end_array().key("status");
  write_arms(json, comparison, [&json](const Response& response) { json.number(response.status); });
  json.key("latency");
  write_arms(json, comparison, [&json](const Response& response) {
    json.number(std::chrono::duration<double>(response.latency()).count());
  });
  if (!comparison.candidate.ok()) json.key("error").text(to_string(comparison.candidate.error));
  json.end_object();
  return json.take();
}

}  // namespace truemirror
