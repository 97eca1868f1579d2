#!/bin/sh
# Answers the questions of bench/README.md, or one of them: bench/run.sh [live|diff]. `make bench` builds what it runs.
set -eu
here=$(dirname "$0")
build=${BUILD:-$here/../build/release}

live() { "$here/live.py" --truemirror "$build/truemirror"; }
diff() { taskset -c 1 "$build/bench/diff_bench" --benchmark_repetitions=5 --benchmark_min_time=0.3; }

case "${1:-}" in
  "") live; diff ;;
  live) live ;;
  diff) diff ;;
  *) echo "bench/run.sh: no question '$1'; there are: live, diff" >&2; exit 2 ;;
esac
