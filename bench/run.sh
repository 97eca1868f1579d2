#!/bin/sh
# Answers the questions of bench/README.md, or one of them: bench/run.sh [live|isolation|limits|soak|diff|proof|conformance]. `make bench` builds what it runs.
set -eu
here=$(dirname "$0")
build=${BUILD:-$here/../build/bench}

live() { "$here/live.py" --truemirror "$build/truemirror"; }
isolation() { "$here/isolation.py" --truemirror "$build/truemirror"; }
limits() {
  "$here/bulk.py" --truemirror "$build/truemirror"
  "$here/idle.py" --truemirror "$build/truemirror"
}
soak() { "$here/soak.py" --truemirror "$build/truemirror" --seconds "$1"; }
diff() { "$here/diff.py" --build "$build"; }

# The tables go to stdout, the picture to build/; those of bench/proof.md were made so.
proof() {
  taskset -c 1 "$build/bench/proof" --plot "$build/bench/proof.tsv"
  gnuplot -e "data='$build/bench/proof.tsv'; image='$build/bench/proof.png'" "$here/proof/plot.gp"
  echo "bench/run.sh: the picture is $build/bench/proof.png" >&2
}

# Where nginx, haproxy and truemirror differ on the conformance corpus, and why (tests/conformance/README.md).
conformance() { "$here/../tests/conformance/differential.py"; }

case "${1:-}" in
  "") live; isolation; limits; soak 60; diff; proof; conformance ;;
  live) live ;;
  isolation) isolation ;;
  limits) limits ;;
  soak) soak 300 ;;
  diff) diff ;;
  proof) proof ;;
  conformance) conformance ;;
  *) echo "bench/run.sh: no question '$1'; there are: live, isolation, limits, soak, diff, proof, conformance" >&2; exit 2 ;;
esac
