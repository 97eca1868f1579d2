// What capture tests share: a folder that goes away, a redactor that changes nothing, and exchanges to write.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "capture/reader.h"
#include "capture/writer.h"

namespace truemirror {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "truemirror-capture-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class PlainRedactor : public Redactor {
 public:
  [[nodiscard]] std::string target(std::string_view target) const override { return std::string(target); }
  [[nodiscard]] Headers headers(const Headers& headers) const override { return headers; }
  [[nodiscard]] SafeBody body(const Headers&, const Body& body) const override { return {body, false, false}; }
  [[nodiscard]] std::string value(std::string_view, std::string_view json) const override { return std::string(json); }
};

inline WallTime test_time(std::int64_t nanoseconds) {
  return WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)) + Nanoseconds(nanoseconds);
}

inline CapturedExchange small_exchange(std::uint64_t sequence) {
  CapturedExchange exchange;
  exchange.run = "r1";
  exchange.sequence = sequence;
  exchange.at = test_time(static_cast<std::int64_t>(sequence) * 1'000'000);
  exchange.connection = {sequence % 7, static_cast<std::uint32_t>(sequence / 7)};
  exchange.request.method = "GET";
  exchange.request.target = "/orders/" + std::to_string(sequence);
  exchange.request.headers = {{"Host", "shop.example"}, {"Accept", "application/json"}};
  Response response;
  response.status = 200;
  response.reason = "OK";
  const std::string body = "{\"order\":" + std::to_string(sequence) + ",\"state\":\"shipped\",\"items\":[1,2,3]}";
  response.headers = {{"Content-Type", "application/json"}, {"Content-Length", std::to_string(body.size())}};
  response.body = Body(body);
  response.timing = {Nanoseconds(1000), Nanoseconds(2000), Nanoseconds(3000)};
  exchange.stable = response;
  return exchange;
}

inline CaptureOptions test_options(const TestFolder& folder) {
  CaptureOptions options;
  options.dir = folder / "capture";
  options.run = "r1";
  options.version = "0.1.0";
  options.redactor = std::make_shared<PlainRedactor>();
  return options;
}

// Writes the exchanges into closed segments.
inline CaptureStats write_capture(CaptureOptions options, const std::vector<CapturedExchange>& exchanges) {
  auto writer = CaptureWriter::open(std::move(options));
  EXPECT_TRUE(writer) << (writer ? "" : writer.error().text);
  for (const CapturedExchange& exchange : exchanges) EXPECT_TRUE((*writer)->offer(CapturedExchange(exchange)));
  (*writer)->close();
  return (*writer)->stats();
}

inline std::vector<CapturedExchange> read_all(CaptureReader& reader) {
  std::vector<CapturedExchange> out;
  for (CapturedExchange exchange; reader.next(exchange).value();) out.push_back(exchange);
  return out;
}

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void expect_same(const Body& a, const Body& b) {
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.length, b.length);
  EXPECT_EQ(a.hash, b.hash);
}

inline void expect_same(const Response& a, const Response& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_TRUE(a.headers == b.headers);
  expect_same(a.body, b.body);
  EXPECT_TRUE(a.trailers == b.trailers);
  EXPECT_EQ(a.error, b.error);
  EXPECT_EQ(a.error_detail, b.error_detail);
  EXPECT_EQ(a.timing, b.timing);
}

inline void expect_same(const CapturedExchange& a, const CapturedExchange& b) {
  EXPECT_EQ(a.run, b.run);
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.connection, b.connection);
  EXPECT_EQ(a.request.method, b.request.method);
  EXPECT_EQ(a.request.target, b.request.target);
  EXPECT_TRUE(a.request.headers == b.request.headers);
  EXPECT_EQ(a.https, b.https);
  EXPECT_EQ(a.framing.chunked, b.framing.chunked);
  EXPECT_TRUE(a.framing.trailers == b.framing.trailers);
  expect_same(a.request.body, b.request.body);
  for (const Arm which : kCapturedArms) {
    ASSERT_EQ(a.arm(which).has_value(), b.arm(which).has_value()) << to_string(which);
    if (a.arm(which)) expect_same(*a.arm(which), *b.arm(which));
  }
}

}  // namespace truemirror
