#include "diff/report/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diff/report/endpoint.h"

namespace truemirror {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

std::vector<std::string> routes(std::string_view text) {
  const auto read = parse_openapi(text, "api.yaml");
  EXPECT_TRUE(read) << (read ? "" : read.error().text);
  return read ? read->routes : std::vector<std::string>{};
}

std::string problem(std::string_view text) {
  const auto read = parse_openapi(text, "api.yaml");
  return read ? "it was read" : read.error().text;
}

constexpr std::string_view kThree = R"(openapi: 3.0.3
info: {title: Shop, version: "1"}
servers:
  - url: https://{region}.shop.example/v1/
    variables: {region: {default: eu}}
  - url: /v1
paths:
  /orders/{order-number}:
    parameters: [{name: order-number, in: path}]
    get: {responses: {}}
    delete: {responses: {}}
  /reports/{name}.pdf:
    get: {}
  /status:
    servers: [{url: /}]
    get: {}
  /elsewhere:
    $ref: other.yaml#/x
)";

TEST(OpenApi, GivesMethodsAndPathsBelowTheServers) {
  EXPECT_THAT(routes(kThree), ElementsAre("GET /v1/orders/{order-number}", "DELETE /v1/orders/{order-number}",
                                          "GET /v1/reports/{name.pdf}", "GET /status", "/v1/elsewhere"));
}

TEST(OpenApi, ReadsJsonAndVersionTwoWithItsBasePath) {
  EXPECT_THAT(
      routes(
          "{\n\t\"swagger\": \"2.0\",\n\t\"basePath\": \"/api/\",\n\t\"paths\": {\"/a\\u0062/{id}\": {\"post\": {}}}}"),
      ElementsAre("POST /api/ab/{id}"));
}

TEST(OpenApi, NamesEndpointsAndLeavesTheRestToTheOtherRules) {
  EndpointNames names(routes(kThree), 1000);
  EXPECT_EQ(names.name("GET", "/v1/orders/next-week"), "GET /v1/orders/{order-number}");
  EXPECT_EQ(names.name("GET", "/v1/reports/q3.pdf"), "GET /v1/reports/{name.pdf}");
  EXPECT_EQ(names.name("POST", "/v1/elsewhere"), "POST /v1/elsewhere");
  EXPECT_EQ(names.name("PUT", "/v1/orders/7"), "PUT /v1/orders/{id}");
}

TEST(OpenApi, SaysWhichFileWasInEffect) {
  const std::string source = parse_openapi(kThree, "api.yaml").value().source;
  EXPECT_THAT(source, testing::MatchesRegex("api.yaml [0-9a-f]+, 5 templates"));
  EXPECT_NE(source, parse_openapi(std::string(kThree) + "\n", "api.yaml").value().source);
}

TEST(OpenApi, ABadFileIsAProblemThatSaysWhere) {
  EXPECT_EQ(problem("openapi: 3.1.0\npaths:\n  orders: {get: {}}\n"),
            "api.yaml:3:3: 'orders' is no path: it begins with no '/'");
  EXPECT_EQ(problem("openapi: 3.1.0\npaths:\n  /orders: []\n"),
            "api.yaml:3:12: '/orders' is a map of methods, such as 'get: …'");
  EXPECT_EQ(problem("openapi: 4.0.0\npaths: {}\n"), "api.yaml:1:10: version '4.0.0' is neither 3.x nor 2.0");
  EXPECT_THAT(problem("rules: []\n"), StartsWith("api.yaml:1:1: is no OpenAPI file"));
  EXPECT_EQ(problem("openapi: 3.0.0\n"), "api.yaml:1:1: has no 'paths', so no templates");
  EXPECT_EQ(problem("openapi: 3.0.0\npaths: {/a: {summary: x}}\n"),
            "api.yaml:2:8: 'paths' holds no method, so no templates");
  EXPECT_THAT(problem("openapi: [3\n"), StartsWith("api.yaml:"));
  EXPECT_THAT(problem(""), StartsWith("api.yaml: is no OpenAPI file"));
  EXPECT_THAT(problem(std::string(9000, '[')), StartsWith("api.yaml:"));
}

}  // namespace
}  // namespace truemirror
