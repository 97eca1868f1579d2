#!/bin/sh
# Answers the questions of bench/README.md, or one of them: bench/run.sh [live|diff|proof]. `make bench` builds what it runs.
set -eu
here=$(dirname "$0")
build=${BUILD:-$here/../build/release}

live() { "$here/live.py" --truemirror "$build/truemirror"; }
diff() { taskset -c 1 "$build/bench/diff_bench" --benchmark_repetitions=5 --benchmark_min_time=0.3; }

# The tables go to stdout, the picture to build/; those of bench/proof.md were made so.
proof() {
  taskset -c 1 "$build/bench/proof" --plot "$build/bench/proof.tsv"
  gnuplot -e "data='$build/bench/proof.tsv'; image='$build/bench/proof.png'" "$here/proof/plot.gp"
  echo "bench/run.sh: the picture is $build/bench/proof.png" >&2
}

case "${1:-}" in
  "") live; diff; proof ;;
  live) live ;;
  diff) diff ;;
  proof) proof ;;
  *) echo "bench/run.sh: no question '$1'; there are: live, diff, proof" >&2; exit 2 ;;
esac
