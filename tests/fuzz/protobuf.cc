// Any bytes compare as protobuf and as gRPC, with and without descriptors of any kind, and with themselves without a
// divergence.
#include <string>

#include "diff/grpc.h"
#include "diff/protobuf.h"
#include "tests/fuzz/fuzz.h"

namespace truemirror {
namespace {

template <class Diff>
std::vector<Divergence> divergences(Diff diff) {
  DivergenceSink sink(nullptr, "", 1000);
  Location at("body");
  std::size_t budget = 100'000;
  diff(at, sink, budget);
  return sink.take();
}

void check(std::string_view stable, std::string_view arm, const ProtoMessage* type) {
  const auto diff = [&](std::string_view from, std::string_view to) {
    return divergences([&](Location& at, DivergenceSink& sink, std::size_t& budget) {
      (void)diff_protobuf(from, to, type, at, sink, budget);
    });
  };
  require(diff(stable, stable).empty(), "a message equals itself");
  const bool forth = diff(stable, arm).empty(), back = diff(arm, stable).empty();
  require(forth == back, "two messages are equal from both sides");
  for (const Divergence& d : diff(stable, arm)) require(d.location.starts_with("body"), "a location is in the body");
}

}  // namespace
}  // namespace truemirror

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace truemirror;
  FuzzInput input(data, size);
  const std::size_t descriptor_size = input.byte() * 4;
  const std::string_view descriptors = input.take(descriptor_size);
  const std::size_t stable_size = input.byte() * 4;
  const std::string_view stable = input.take(stable_size), arm = input.rest();
  check(stable, arm, nullptr);
  if (const auto types = ProtobufTypes::parse(descriptors, "set")) check(stable, arm, (*types)->message("a.M"));
  const auto a = GrpcBody::parse(stable, "gzip", 64u << 10), b = GrpcBody::parse(arm, "gzip", 64u << 10);
  if (a && b) {
    const auto diff = [&](const GrpcBody& from, const GrpcBody& to) {
      return divergences([&](Location& at, DivergenceSink& sink, std::size_t& budget) {
        diff_grpc(from, to, nullptr, {}, at, sink, budget);
      });
    };
    require(diff(*a, *a).empty(), "a row of messages equals itself");
    (void)diff(*a, *b);
  }
  return 0;
}
