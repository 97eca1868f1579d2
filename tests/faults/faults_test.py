#!/usr/bin/env python3
"""What happens when the system refuses: the Nth allocation, read, write, connect, accept … of a run of `truemirror` fails,
for every N that the run reaches. It must not crash or hang; a client gets the right bytes or an error that it can see; the
accounting closes; exit 4 or 2 says why; report and capture can be read afterwards (SECURITY.md, README.md).

    faults_test.py TRUEMIRROR LIBRARY [--seconds 50] [--scenarios tls,replay] [--kinds read,write] [--nth 7]
                   [--numbers 1-500] [--jobs 2] [--keep-going]

Where there are more N than --seconds has time for, it takes some of them, evenly spread; --seconds 0 takes all.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import random
import sys
import time

from clients import Wrong
from replay import Replay
from scenario import KINDS, World
from serve import Serve, ServeReload, ServeTls, ServeTunnel, ServeTunnelTls

SCENARIOS = {each.name: each for each in (Serve, ServeTls, ServeTunnel, ServeTunnelTls, ServeReload, Replay)}
# Beyond single failures: a resource that is gone for good from the Nth call on, one that comes back after a while (while
# no descriptor is left clients wait in the kernel's queue), and a write that takes a byte at a time.
MORE = {"connect": ("for good",), "socket": ("for good",), "sync": ("for good",), "open": ("for good",),
        "pwrite": ("for good", "short"), "write": ("short",), "accept": ("20",)}
TIMES = {"for good": str(1 << 40)}


def spread(first: int, last: int, most: int) -> list[int]:
    """Up to `most` numbers of [first, last], evenly; the first and the last among them."""
    if last - first < most:
        return list(range(first, last + 1))
    step = (last - first) / (most - 1)
    return sorted({first + round(at * step) for at in range(most)})


class Test:
    def __init__(self, options):
        self.options = options
        self.world = World(options.program, options.shim)
        self.deadline = time.monotonic() + options.seconds if options.seconds else float("inf")
        self.seen = collections.defaultdict(collections.Counter)
        self.wrong = []

    def run(self, scenario, kind="", nth=0, times="1", from_start=False) -> dict | None:
        run = SCENARIOS[scenario](self.world, kind, nth, TIMES.get(times, times), from_start)
        try:
            result = run.go()
        except Wrong as error:
            what = f"{scenario}: {kind} {nth} times {times}{' from the start' if from_start else ''}: {error}"
            self.wrong.append(what)
            print(f"WRONG {what}\n--- its log, last lines\n" + "\n".join(run.log().splitlines()[-40:]), flush=True)
            return None
        finally:
            run.folder.cleanup()
        seen = self.seen[f"{scenario}: {kind}" + ("" if times == "1" else f" {times}")]
        seen["runs"] += 1
        seen["failed calls"] += result["failed"]
        seen[f"exit {result['code']}"] += 1
        seen["right answers"] += result["right"]
        seen["visible errors"] += result["asked"] - result["right"]
        return result

    def numbers(self, counted: int) -> list[int]:
        """All of them, and a few more than were counted: threads interleave differently each time."""
        if not counted:
            return []
        first, last = 1, counted + (0 if self.options.seconds else 2)
        if self.options.numbers:
            first, last = max(first, self.options.numbers[0]), min(last, self.options.numbers[1])
        return spread(first, last, self.options.most if self.options.seconds else sys.maxsize)

    def cases_of(self, scenario) -> list[list]:
        """A list of cases for each kind and phase."""
        from_start = self.run(scenario, from_start=True)
        serving = self.run(scenario) if SCENARIOS[scenario].phases == 2 else from_start
        for each in (serving, from_start):
            if not each or each["right"] != each["asked"] or each["code"] != 0:
                raise Wrong(f"{scenario} does not even work without faults: {each}")
        out = []
        for kind in self.options.kinds:
            starts = from_start["calls"][kind]
            if SCENARIOS[scenario].phases == 2:
                out.append([(scenario, kind, nth, "1", False) for nth in self.numbers(serving["calls"][kind])])
                starts -= serving["calls"][kind]
            if SCENARIOS[scenario].can_start:
                out.append([(scenario, kind, nth, "1", True) for nth in self.numbers(starts)])
            for times in MORE.get(kind, ()):
                few = [1] if times == "short" else spread(1, max(1, serving["calls"][kind]), min(self.options.most, 5))
                out.append([(scenario, kind, nth, times, SCENARIOS[scenario].phases == 1) for nth in few])
        return out

    def cases(self):
        """Each kind of each scenario in turn, from anywhere in its range, so that running out of time leaves none out."""
        lists = [each for scenario in self.options.scenarios for each in self.cases_of(scenario)]
        self.seen.clear()
        dice = random.Random(self.options.seed)
        dice.shuffle(lists)
        for each in lists:
            dice.shuffle(each)
        while any(lists):
            for each in lists:
                if each:
                    yield each.pop()

    def go(self) -> int:
        options = self.options
        if options.nth:
            for scenario in options.scenarios:
                for kind in options.kinds:
                    print(self.run(scenario, kind, options.nth, options.times, options.from_start))
            return 1 if self.wrong else 0
        left = 0
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = set()
            for case in self.cases():
                if self.wrong and not options.keep_going:
                    break
                if time.monotonic() > self.deadline:
                    left += 1
                    continue
                waiting.add(pool.submit(self.run, *case))
                while len(waiting) >= options.jobs:
                    done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                    for each in done:
                        each.result()
        for each in waiting:
            each.result()
        return self.say(left)

    def say(self, left: int) -> int:
        for what, counts in sorted(self.seen.items()):
            print(f"{what:24}", ", ".join(f"{count:,} {name}" for name, count in counts.items()))
        total = {name: sum(counts[name] for counts in self.seen.values()) for name in ("runs", "failed calls")}
        print(f"{total['runs']:,} runs, {total['failed calls']:,} failed calls, {len(self.wrong)} wrong")
        if left:
            print(f"{left:,} cases were left out for want of time; --seconds 0 takes all")
        # A test that injects nothing would pass without testing anything; of a few runs none may reach its number.
        runs, failed = collections.Counter(), collections.Counter()
        for what, counts in self.seen.items():
            runs[what.split()[1]] += counts["runs"]
            failed[what.split()[1]] += counts["failed calls"]
        idle = [kind for kind in self.options.kinds if runs[kind] >= 5 and not failed[kind]]
        if not any(failed.values()):
            idle = self.options.kinds
        if idle and not self.wrong:
            print("no call of these kinds failed:", ", ".join(idle))
        return 1 if self.wrong or idle else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words = lambda text: text.split(",")
    path = lambda text: str(pathlib.Path(text).resolve())
    parser.add_argument("program", type=path)
    parser.add_argument("shim", type=path)
    parser.add_argument("--seconds", type=float, default=50, help="0: as long as every N takes")
    parser.add_argument("--most", type=int, default=12, help="numbers a scenario, kind and phase, where time is limited")
    parser.add_argument("--scenarios", type=words, default=list(SCENARIOS), help=", ".join(SCENARIOS))
    parser.add_argument("--kinds", type=words, default=list(KINDS))
    parser.add_argument("--nth", type=int, default=0, help="this one alone")
    parser.add_argument("--numbers", type=lambda text: [int(word) for word in text.split("-")], help="these alone: 1-500")
    parser.add_argument("--times", default="1")
    parser.add_argument("--from-start", action="store_true")
    parser.add_argument("--seed", type=int, default=0, help="of the order in which the cases come")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep-going", action="store_true")
    options = parser.parse_args()
    try:
        sys.exit(Test(options).go())
    except Wrong as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
