# How a folder becomes a target, and what every target is compiled with.
#
# Each module sees its own headers and those of the modules it names, nothing else: headers are reached through
# a folder of links that holds just those of one module (build/…/include/<module>/…). So an include against the
# direction of the arrows in ARCHITECTURE.md does not build.

find_program(CCACHE ccache)
if(CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_path(RAPIDJSON_INCLUDE rapidjson/reader.h REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd>=1.5)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(brotli REQUIRED IMPORTED_TARGET libbrotlidec libbrotlienc)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

# Warnings, sanitizers and Boost's switches: one interface target that every module links.
add_library(truemirror_flags INTERFACE)
target_compile_options(truemirror_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror)
target_compile_definitions(truemirror_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports these for correct code: Asio's coroutine frames, and std::string at -O2 (GCC PR105593, PR105329).
  target_compile_options(truemirror_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete -fpch-preprocess)
endif()
if(TRUEMIRROR_SANITIZE)
  target_compile_options(truemirror_flags INTERFACE -fsanitize=${TRUEMIRROR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(truemirror_flags INTERFACE -fsanitize=${TRUEMIRROR_SANITIZE})
  if(TRUEMIRROR_SANITIZE MATCHES thread)
    # TSan does not model atomic_thread_fence; gcc 12 says so as a warning.
    target_compile_definitions(truemirror_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

# truemirror_module(NAME FOLDER <dir> [HEADERS <file>...] [LINK <target>...])
# Sources: all *.cc directly in the folder. HEADERS: the headers others may see (default: all *.h directly in it).
function(truemirror_module name)
  cmake_parse_arguments(arg "" "FOLDER" "HEADERS;LINK" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/${arg_FOLDER})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(arg_HEADERS)
    list(TRANSFORM arg_HEADERS PREPEND ${folder}/ OUTPUT_VARIABLE headers)
    set(sources "")
  else()
    file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h)
  endif()
  set(stage ${CMAKE_BINARY_DIR}/include/${name})
  file(REMOVE_RECURSE ${stage})
  file(MAKE_DIRECTORY ${stage}/${arg_FOLDER})
  foreach(header IN LISTS headers)
    cmake_path(GET header FILENAME leaf)
    file(CREATE_LINK ${header} ${stage}/${arg_FOLDER}/${leaf} SYMBOLIC)
  endforeach()
  if(sources)
    add_library(truemirror_${name} STATIC ${sources})
    target_include_directories(truemirror_${name} PUBLIC ${stage})
    target_link_libraries(truemirror_${name} PUBLIC truemirror_flags ${arg_LINK})
  else()
    add_library(truemirror_${name} INTERFACE)
    target_include_directories(truemirror_${name} INTERFACE ${stage})
    target_link_libraries(truemirror_${name} INTERFACE truemirror_flags ${arg_LINK})
  endif()
  add_library(truemirror::${name} ALIAS truemirror_${name})
endfunction()
