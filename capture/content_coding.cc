#include "capture/content_coding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "proxy/http/headers.h"

namespace truemirror {
namespace {

constexpr std::size_t kStep = 64u << 10;

std::vector<std::string> coding_names(std::string_view codings) {
  std::vector<std::string> names;
  while (!codings.empty()) {
    const std::string_view item = codings.substr(0, codings.find(','));
    codings.remove_prefix(std::min(codings.size(), item.size() + 1));
    const std::size_t from = item.find_first_not_of(" \t");
    if (from == item.npos) continue;
    std::string name = ascii_lower(item.substr(from, item.find_last_not_of(" \t") - from + 1));
    if (name != "identity") names.push_back(std::move(name));
  }
  return names;
}

// Room for the next step in `out`, at most one byte over the limit, so that going over shows.
std::size_t make_room(std::string& out, std::size_t used, std::size_t limit) {
  out.resize(std::min(used + std::max(kStep, used / 2), limit + 1));
  return out.size() - used;
}

std::optional<std::string> inflated(std::string_view bytes, int window_bits, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::size_t used = 0;
  for (;;) {
    stream.avail_out = static_cast<uInt>(make_room(out, used, limit));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    const int status = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (used > limit) return std::nullopt;
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      // RFC 1952 §2.2: a gzip file may have several members.
      if (window_bits < 16 || inflateReset(&stream) != Z_OK) return std::nullopt;
    } else if (status != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return std::nullopt;
    }
  }
  out.resize(used);
  return out;
}

std::optional<std::string> without_brotli(std::string_view bytes, std::size_t limit) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!state) return std::nullopt;
  std::size_t left = bytes.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::string out;
  std::size_t used = 0;
  for (;;) {
    std::size_t room = make_room(out, used, limit);
    auto* to = reinterpret_cast<std::uint8_t*>(out.data() + used);
    const BrotliDecoderResult status = BrotliDecoderDecompressStream(state.get(), &left, &in, &room, &to, nullptr);
    used = out.size() - room;
    if (used > limit) return std::nullopt;
    if (status == BROTLI_DECODER_RESULT_SUCCESS) break;
    if (status != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return std::nullopt;
  }
  if (left != 0) return std::nullopt;
  out.resize(used);
  return out;
}

std::optional<std::string> without_zstd(std::string_view bytes, std::size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  // RFC 8878 §5: 8 MiB is the window that every decoder takes.
  if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23)) != 0)
    return std::nullopt;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  std::size_t used = 0;
  for (std::size_t more = 1; more != 0 || in.pos < in.size;) {
    ZSTD_outBuffer to{out.data(), 0, 0};
    to.size = make_room(out, used, limit);
    to.dst = out.data() + used;
    more = ZSTD_decompressStream(context.get(), &to, &in);
    used += to.pos;
    if (ZSTD_isError(more) != 0 || used > limit) return std::nullopt;
    if (more != 0 && in.pos == in.size && to.pos < to.size) return std::nullopt;
  }
  out.resize(used);
  return out;
}

std::optional<std::string> without(const std::string& coding, std::string_view bytes, std::size_t limit) {
  if (coding == "gzip" || coding == "x-gzip") return inflated(bytes, 16 + MAX_WBITS, limit);
  if (coding == "br") return without_brotli(bytes, limit);
  if (coding == "zstd") return without_zstd(bytes, limit);
  if (coding != "deflate") return std::nullopt;
  // RFC 9110 §8.4.1.2: some senders leave the zlib wrapper out.
  auto wrapped = inflated(bytes, MAX_WBITS, limit);
  return wrapped ? std::move(wrapped) : inflated(bytes, -MAX_WBITS, limit);
}

}  // namespace

bool has_content_coding(std::string_view codings) { return !coding_names(codings).empty(); }

std::optional<std::string> remove_content_codings(std::string_view codings, std::string_view bytes, std::size_t limit) {
  const std::vector<std::string> names = coding_names(codings);
  if (names.size() > 4 || bytes.size() > limit) return std::nullopt;
  std::string out(bytes);
  for (auto coding = names.rbegin(); coding != names.rend(); ++coding) {
    auto decoded = without(*coding, out, limit);
    if (!decoded) return std::nullopt;
    out = std::move(*decoded);
  }
  return out;
}

}  // namespace truemirror
