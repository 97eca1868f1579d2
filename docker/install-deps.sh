#!/bin/sh
# Installs what building, testing and the demo need. Idempotent, and quick when all is there.
# As root or with sudo; on a system without apt it says which packages it wants and stops.
#   docker/install-deps.sh [lint] [bench]      further sets: clang 19 for lint and fuzzing, peers for benchmarks
set -eu

packages="g++ make cmake ninja-build ccache pkg-config ca-certificates patch
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libssl-dev zlib1g-dev libzstd-dev libbrotli-dev libxxhash-dev libre2-dev rapidjson-dev libxml2-dev
  libyaml-cpp-dev libcli11-dev libspdlog-dev libsqlite3-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev python3 curl zstd"
for set in "$@"; do
  case "$set" in
    lint) packages="$packages clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev" ;;
    bench) packages="$packages nginx-light haproxy wrk nghttp2-client strace libbenchmark-dev gnuplot-nox" ;;
    *) echo "install-deps.sh: unknown set '$set'; there are: lint, bench" >&2; exit 2 ;;
  esac
done

installed() { dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

if ! command -v dpkg-query >/dev/null 2>&1; then
  if pkg-config --exists libzstd re2 sqlite3 2>/dev/null && command -v cmake >/dev/null 2>&1; then exit 0; fi
  echo "This is not a Debian system. Install what these Debian 12 packages hold, then run make again:" >&2
  echo "$packages" | tr -s ' \n' ' ' | fold -s -w 100 >&2
  exit 1
fi

missing=""
# llhttp: newer Debian has the library, Debian 12 has its C sources in node-llhttp.
installed libllhttp-dev || installed node-llhttp || missing="llhttp"
for package in $packages; do installed "$package" || missing="$missing $package"; done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "Run as root, or install sudo; missing packages:$missing" >&2; exit 1; }
  sudo=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q
case "$missing" in
  llhttp*)
    missing="${missing#llhttp}"
    if apt-cache show libllhttp-dev >/dev/null 2>&1; then missing="$missing libllhttp-dev"; else missing="$missing node-llhttp"; fi ;;
esac
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
