#include "diff/decode.h"

#include <brotli/decode.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "proxy/http/out_of_memory.h"

namespace truemirror {
namespace {

using Decoded = boost::system::result<std::string, CodingError>;

constexpr std::size_t kMostCodings = 8;
constexpr int kZstdWindowLog = 23;  // 8 MiB, what RFC 9659 allows for the `zstd` content coding

// Output that grows as it fills, up to one byte over the limit: that byte tells a bomb from a body that just fits.
class BoundedOutput {
 public:
  explicit BoundedOutput(std::size_t max_bytes) : limit_(max_bytes) {}

  // Room for the next piece; used() says how much of it was filled.
  char* room(std::size_t& size) {
    if (filled_ == bytes_.size()) bytes_.resize(std::min(limit_ + 1, std::max<std::size_t>(4096, bytes_.size() * 2)));
    size = bytes_.size() - filled_;
    return bytes_.data() + filled_;
  }
  void used(std::size_t size) { filled_ += size; }
  [[nodiscard]] bool over() const { return filled_ > limit_; }
  std::string take() {
    bytes_.resize(filled_);
    return std::move(bytes_);
  }

 private:
  std::size_t limit_, filled_ = 0;
  std::string bytes_;
};

// `window_bits` as inflateInit2 has it: 15 + 16 gzip, 15 zlib, -15 raw. gzip may hold several members in a row.
Decoded inflated(std::string_view body, int window_bits, std::size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) out_of_memory();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  BoundedOutput out(max_bytes);
  stream.next_in = reinterpret_cast<const Bytef*>(body.data());
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size(), UINT32_MAX));
  for (;;) {
    std::size_t size = 0;
    stream.next_out = reinterpret_cast<Bytef*>(out.room(size));
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(size, UINT32_MAX));
    const uInt before = stream.avail_out;
    const int result = inflate(&stream, Z_NO_FLUSH);
    out.used(before - stream.avail_out);
    if (result == Z_MEM_ERROR) out_of_memory();
    if (out.over()) return CodingError::bomb;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return out.take();
      if (window_bits <= 15 || inflateReset(&stream) != Z_OK) return CodingError::corrupt;
    } else if (result != Z_OK) {
      return CodingError::corrupt;  // Z_BUF_ERROR: cut short
    }
  }
}

Decoded inflated_deflate(std::string_view body, std::size_t max_bytes) {
  Decoded zlib = inflated(body, 15, max_bytes);
  if (zlib.has_value() || zlib.error() == CodingError::bomb) return zlib;
  return inflated(body, -15, max_bytes);
}

Decoded unbrotlied(std::string_view body, std::size_t max_bytes) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!state) out_of_memory();
  BoundedOutput out(max_bytes);
  auto next_in = reinterpret_cast<const std::uint8_t*>(body.data());
  std::size_t left = body.size();
  for (;;) {
    std::size_t size = 0;
    auto* next_out = reinterpret_cast<std::uint8_t*>(out.room(size));
    std::size_t room = size;
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &room, &next_out, nullptr);
    out.used(size - room);
    if (out.over()) return CodingError::bomb;
    if (result == BROTLI_DECODER_RESULT_SUCCESS && left == 0) return out.take();
    if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) return CodingError::corrupt;
  }
}

Decoded unzstded(std::string_view body, std::size_t max_bytes) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) out_of_memory();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  BoundedOutput out(max_bytes);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  for (;;) {
    std::size_t size = 0;
    char* room = out.room(size);
    ZSTD_outBuffer piece{room, size, 0};
    const std::size_t in_before = in.pos;
    const std::size_t hint = ZSTD_decompressStream(context.get(), &piece, &in);
    out.used(piece.pos);
    if (ZSTD_isError(hint) != 0) return CodingError::corrupt;
    if (out.over()) return CodingError::bomb;
    if (hint == 0 && in.pos == in.size) return out.take();
    if (in.pos == in_before && piece.pos == 0) return CodingError::corrupt;  // cut short
  }
}

Decoded decode_one(std::string_view body, std::string_view coding, std::size_t max_bytes) {
  if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return inflated(body, 15 + 16, max_bytes);
  if (iequals(coding, "deflate")) return inflated_deflate(body, max_bytes);
  if (iequals(coding, "br")) return unbrotlied(body, max_bytes);
  if (iequals(coding, "zstd")) return unzstded(body, max_bytes);
  return CodingError::unknown;
}

}  // namespace

std::string_view to_string(CodingError error) {
  static constexpr std::array<std::string_view, 3> kNames{"unknown_coding", "corrupt_coding", "bomb"};
  return kNames.at(static_cast<std::size_t>(error));
}

std::vector<std::string_view> content_codings(const Headers& headers) {
  std::vector<std::string_view> out;
  for (const HeaderField& field : headers) {
    if (!iequals(field.name, "content-encoding")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      std::string_view coding = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(coding.size() + 1, rest.size()));
      while (!coding.empty() && (coding.front() == ' ' || coding.front() == '\t')) coding.remove_prefix(1);
      while (!coding.empty() && (coding.back() == ' ' || coding.back() == '\t')) coding.remove_suffix(1);
      if (!coding.empty() && !iequals(coding, "identity")) out.push_back(coding);
    }
  }
  return out;
}

Decoded decode(std::string_view body, const std::vector<std::string_view>& codings, std::size_t max_bytes) {
  if (codings.size() > kMostCodings) return CodingError::corrupt;
  std::string decoded;
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    Decoded next = decode_one(coding == codings.rbegin() ? body : decoded, *coding, max_bytes);
    if (next.has_error()) return next;
    decoded = std::move(*next);
  }
  return codings.empty() ? Decoded(std::string(body)) : Decoded(std::move(decoded));
}

}  // namespace truemirror
