#!/bin/sh
# Installs what building, testing and the demo need. Idempotent, and quick when all is there.
# As root or with sudo; on a system without apt it says which packages it wants and stops.
#   docker/install-deps.sh [lint] [bench]      further sets: clang 19 for lint and fuzzing, peers for benchmarks
set -eu
here=$(dirname "$0")

packages="g++ make cmake ninja-build ccache pkg-config ca-certificates patch
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libssl-dev zlib1g-dev libzstd-dev libbrotli-dev libxxhash-dev libre2-dev rapidjson-dev libxml2-dev
  libyaml-cpp-dev libcli11-dev libspdlog-dev libsqlite3-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev python3 curl zstd"
for set in "$@"; do
  case "$set" in
    lint) packages="$packages clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev" ;;
    bench) packages="$packages nginx-light haproxy wrk nghttp2-client strace valgrind libbenchmark-dev gnuplot-nox"
      # Debian's npm cannot stand beside a Node from elsewhere.
      command -v node >/dev/null 2>&1 || packages="$packages nodejs"
      command -v npm >/dev/null 2>&1 || packages="$packages npm"
      peers=$here/../bench/peers ;;
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
# What npm installs: the versions of the lock file, into the folder of the lock file.
install_peers() {
  [ -n "${peers:-}" ] || return 0
  cmp -s "$peers/package-lock.json" "$peers/node_modules/.installed-lock" && return 0
  (cd "$peers" && npm ci --no-audit --no-fund --loglevel=error)
  cp "$peers/package-lock.json" "$peers/node_modules/.installed-lock"
}
[ -n "$missing" ] || { install_peers; exit 0; }

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
install_peers
