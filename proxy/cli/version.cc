#include "proxy/cli/version.h"

namespace truemirror {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

#if defined(__SANITIZE_ADDRESS__)
constexpr const char* kBuild = "ASan";
#elif defined(__SANITIZE_THREAD__)
constexpr const char* kBuild = "TSan";
#elif defined(NDEBUG)
constexpr const char* kBuild = "release";
#else
constexpr const char* kBuild = "debug";
#endif

}  // namespace

std::string version() { return TRUEMIRROR_VERSION " (" + std::string(kCompiler) + ", " + kBuild + ")"; }

std::string version_text() { return "truemirror " + version(); }

}  // namespace truemirror
