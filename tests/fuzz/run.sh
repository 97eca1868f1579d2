#!/bin/sh
# Runs every fuzz target of a build folder for SECONDS_EACH (default 15) from its seeds, JOBS (2) at a time, and ends with the
# first finding. New inputs go to a temporary folder: the kept corpus changes only by hand.
#   tests/fuzz/run.sh BUILD_FOLDER [TARGET...]
# The cases of tests/conformance are seeds as well, of the targets that read messages.
# SEED names the random seed (default 0: another one each time): CI repeats one, so that it judges the change and not luck.
set -eu
build=$1
shift
here=$(dirname "$0")
seconds=${SECONDS_EACH:-15}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ "${1:-}" != --one ]; then
  [ $# -gt 0 ] || set -- $(cd "$here" && ls *.cc | sed 's/\.cc$//')
  python3 "$here/../conformance/cases.py" seeds "$scratch/cases"
  printf '%s\n' "$@" | CASES=$scratch/cases xargs -P "${JOBS:-2}" -n 1 "$0" "$build" --one
  exit
fi

target=$2
mkdir -p "$scratch/new" "$CASES/$target" tests/fuzz/found
if ! "$build/tests/fuzz_$target" -seed="${SEED:-0}" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="tests/fuzz/found/$target-" "$scratch/new" "$here/corpus/$target" "$CASES/$target" >"$scratch/log" 2>&1; then
  grep -v '^#' "$scratch/log" | tail -n 60 >&2
  echo "$target: FAILED; the input is in tests/fuzz/found/" >&2
  exit 255  # xargs starts no other
fi
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")
coverage=$(grep -o 'cov: [0-9]*' "$scratch/log" | tail -n 1)
printf '%-16s %9s runs in %s s, %s\n' "$target" "$runs" "$seconds" "$coverage"
