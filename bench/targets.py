#!/usr/bin/env python3
"""The targets of the live path: each program says how its figures stand to them, and `make bench` prints all in one table.

A row goes to stdout; and to the file that BENCH_TARGETS names, where run.sh collects the rows of all programs.
    bench/targets.py FILE      prints the table of the rows in it
"""
import os
import sys

HEAD = "| what | target | measured | met |\n|---|---|---|---|"


def judge(rows):
    """`rows`: (what, target in words, figure in words, whether it is met)."""
    lines = [f"| {what} | {target} | {figure} | {'yes' if met else '**no**'} |" for what, target, figure, met in rows]
    print("\n" + HEAD + "\n" + "\n".join(lines), flush=True)
    if "BENCH_TARGETS" in os.environ:
        with open(os.environ["BENCH_TARGETS"], "a") as collected:
            collected.write("".join(line + "\n" for line in lines))


if __name__ == "__main__":
    with open(sys.argv[1]) as rows:
        print(HEAD + "\n" + rows.read(), end="")
