#!/bin/sh
# Answers the questions of bench/README.md, or one of them:
#   bench/run.sh [live|clients|capture|tls|isolation|limits|soak|threads|races|instructions|diff|proof|conformance]
# `make bench` builds what it runs. The live path's targets, and whether they are met, come as one table at the end.
set -eu
here=$(dirname "$0")
build=${BUILD:-$here/../build/bench}
BENCH_TARGETS=$(mktemp)
export BENCH_TARGETS
trap 'rm -f "$BENCH_TARGETS"' EXIT

live() { "$here/live.py" --truemirror "$build/truemirror" --forwarder "$build/bench/forwarder" "$@"; }
clients() { "$here/clients.py" --truemirror "$build/truemirror" "$@"; }
tls() { "$here/tls.py" --truemirror "$build/truemirror" "$@"; }
capture() { "$here/capture.py" --truemirror "$build/truemirror"; }
isolation() { "$here/isolation.py" --truemirror "$build/truemirror" "$@"; }
limits() {
  "$here/bulk.py" --truemirror "$build/truemirror"
  "$here/idle.py" --truemirror "$build/truemirror"
}
threads() { "$here/threads.py" --truemirror "$build/truemirror" --counter "$build/bench/libcount_locks.so"; }
races() { "$here/races.py" --truemirror "$build/truemirror" "$@"; }
soak() { "$here/soak.py" --truemirror "$build/truemirror" --seconds "$1"; }
diff() { "$here/diff.py" --build "$build" "$@"; }

# The tables go to stdout, the picture to build/; those of bench/proof.md were made so.
proof() {
  taskset -c 1 "$build/bench/proof" --plot "$build/bench/proof.tsv" "$@"
  gnuplot -e "data='$build/bench/proof.tsv'; image='$build/bench/proof.png'" "$here/proof/plot.gp"
  echo "bench/run.sh: the picture is $build/bench/proof.png" >&2
}

# Where nginx, haproxy and truemirror differ on the conformance corpus, and why (tests/conformance/README.md).
conformance() { "$here/../tests/conformance/differential.py"; }

case "${1:-}" in
  # All of them in ten minutes, a first build included; alone, those with a shorter form here take their time.
  "")
    live --rounds 7
    clients --rounds 2 --seconds 1
    capture
    tls --rounds 3
    isolation --rounds 3
    limits
    soak 60
    threads
    races --seconds 20
    diff --rounds 1 --seconds 0.2
    proof --runs 100
    conformance
    ;;
  live) live ;;
  clients) clients ;;
  capture) capture ;;
  tls) tls ;;
  isolation) isolation ;;
  limits) limits ;;
  soak) soak 300 ;;
  threads) threads ;;
  races) races ;;
  diff) diff ;;
  proof) proof ;;
  instructions) "$here/instructions.py" --truemirror "$build/truemirror" ;;
  conformance) conformance ;;
  *) echo "bench/run.sh: no question '$1'; there are: live, clients, capture, tls, isolation, limits, soak, threads, races, instructions, diff, proof, conformance" >&2; exit 2 ;;
esac
if [ -z "${1:-}" ]; then
  printf '\nThe targets of the live path:\n'
  "$here/targets.py" "$BENCH_TARGETS"
fi
