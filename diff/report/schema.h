// The tables of report.db, as FORMAT.md describes them. A change that an older program could misread raises the
// version.
#pragma once

#include <cstdint>

namespace truemirror {

inline constexpr std::int64_t kReportSchemaVersion = 1;
inline constexpr std::int64_t kReportApplicationId = 0x74726D72;  // "trmr", in the SQLite header at offset 68

inline constexpr const char* kReportSchema = R"sql(
PRAGMA application_id = 1953656178;
CREATE TABLE run (
  schema_version INTEGER NOT NULL, id TEXT NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER,
  source TEXT NOT NULL, version TEXT NOT NULL, stable TEXT NOT NULL, candidate TEXT NOT NULL, control TEXT NOT NULL,
  verdict TEXT NOT NULL, calibrated INTEGER NOT NULL,
  requests INTEGER NOT NULL, sampled INTEGER NOT NULL, compared INTEGER NOT NULL, diverged INTEGER NOT NULL,
  in_flight INTEGER NOT NULL);
CREATE TABLE reason (position INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE dropped (reason TEXT PRIMARY KEY, samples INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rule (
  position INTEGER PRIMARY KEY, rule TEXT NOT NULL, reason TEXT NOT NULL, hidden INTEGER NOT NULL,
  accepted INTEGER NOT NULL, expired INTEGER NOT NULL);
CREATE TABLE endpoint (
  position INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, pairs INTEGER NOT NULL, diverged INTEGER NOT NULL,
  errors INTEGER NOT NULL, verdict TEXT NOT NULL);
CREATE TABLE test (
  endpoint INTEGER NOT NULL, position INTEGER NOT NULL, metric TEXT NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL,
  n INTEGER NOT NULL, blocks_b INTEGER NOT NULL, blocks_c INTEGER NOT NULL, ln_e REAL, excess REAL, upper REAL,
  tolerance REAL, pairs_needed INTEGER NOT NULL, verdict TEXT NOT NULL, PRIMARY KEY (endpoint, position)) WITHOUT ROWID;
CREATE TABLE test_detail (
  endpoint INTEGER NOT NULL, position INTEGER NOT NULL, share REAL, peak REAL, clustering REAL, budget REAL,
  PRIMARY KEY (endpoint, position)) WITHOUT ROWID;
CREATE TABLE judged (
  alpha REAL, burst_ns INTEGER NOT NULL, control_failures INTEGER NOT NULL, templates TEXT NOT NULL);
CREATE TABLE arm (
  arm TEXT PRIMARY KEY, asked INTEGER NOT NULL, answered INTEGER NOT NULL, unanswered INTEGER NOT NULL,
  silent INTEGER NOT NULL, error TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE uncompared (
  endpoint INTEGER NOT NULL, arm TEXT NOT NULL, reason TEXT NOT NULL, samples INTEGER NOT NULL,
  PRIMARY KEY (endpoint, arm, reason)) WITHOUT ROWID;
CREATE TABLE latency (
  endpoint INTEGER NOT NULL, arm TEXT NOT NULL, first_bucket INTEGER NOT NULL, buckets TEXT NOT NULL, sum REAL,
  max REAL, PRIMARY KEY (endpoint, arm)) WITHOUT ROWID;
CREATE TABLE finding (
  id TEXT PRIMARY KEY, position INTEGER NOT NULL, endpoint TEXT NOT NULL, location TEXT NOT NULL, kind TEXT NOT NULL,
  transition TEXT NOT NULL, status TEXT NOT NULL, proven INTEGER NOT NULL, candidate_only INTEGER NOT NULL,
  control_only INTEGER NOT NULL, both INTEGER NOT NULL, blocks_b INTEGER NOT NULL, blocks_c INTEGER NOT NULL,
  ln_e REAL, first_seen_ns INTEGER NOT NULL, last_seen_ns INTEGER NOT NULL, issue TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE example (
  finding TEXT NOT NULL, position INTEGER NOT NULL, sample INTEGER NOT NULL,
  PRIMARY KEY (finding, position)) WITHOUT ROWID;
CREATE TABLE sample (
  id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL,
  headers TEXT NOT NULL, body BLOB NOT NULL, body_length INTEGER NOT NULL, body_hash INTEGER);
CREATE TABLE response (
  sample INTEGER NOT NULL, arm TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL, headers TEXT NOT NULL,
  body BLOB NOT NULL, body_length INTEGER NOT NULL, body_hash INTEGER, trailers TEXT NOT NULL, error TEXT NOT NULL,
  error_detail TEXT NOT NULL, start_ns INTEGER NOT NULL, first_byte_ns INTEGER NOT NULL, last_byte_ns INTEGER NOT NULL,
  PRIMARY KEY (sample, arm)) WITHOUT ROWID;
CREATE TABLE divergence (
  sample INTEGER NOT NULL, position INTEGER NOT NULL, location TEXT NOT NULL, generalized TEXT NOT NULL,
  kind TEXT NOT NULL, transition TEXT NOT NULL, stable TEXT, candidate TEXT, from_class TEXT NOT NULL,
  to_class TEXT NOT NULL, disposition TEXT NOT NULL, rule INTEGER NOT NULL, approximate INTEGER NOT NULL,
  repeated INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (sample, position)) WITHOUT ROWID;
)sql";

}  // namespace truemirror
