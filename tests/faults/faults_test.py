#!/usr/bin/env python3
"""What happens when the system refuses: the Nth allocation, read, write, connect, accept … of a run of `truemirror serve`
fails, for every N that the run reaches. It must not crash or hang; a client gets the right bytes or an error that it can
see; the accounting closes; exit 4 or 2 says why; report and capture can be read afterwards (SECURITY.md).

    faults_test.py TRUEMIRROR LIBRARY [--seconds 50] [--kinds read,write] [--nth 7] [--jobs 2] [--keep-going]

Where there are more N than --seconds has time for, it takes them evenly spread; --seconds 0 takes all of them.
"""
import argparse
import collections
import concurrent.futures
import pathlib
import sys
import time

from scenario import KINDS, Run, Upstream, Wrong

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
        self.servers = {name: Upstream(name) for name in ("stable", "candidate", "control")}
        self.deadline = time.monotonic() + options.seconds if options.seconds else float("inf")
        self.seen = collections.defaultdict(collections.Counter)
        self.wrong = []

    def run(self, kind="", nth=0, times="1", from_start=False) -> dict | None:
        run = Run(self.options.program, self.options.library, self.servers, kind, nth, TIMES.get(times, times),
                  from_start)
        try:
            result = run.go()
        except Wrong as error:
            what = f"{kind} {nth} times {times}{' from the start' if from_start else ''}: {error}"
            self.wrong.append(what)
            print(f"WRONG {what}\n--- its log, last lines\n" + "\n".join(run.log().splitlines()[-40:]), flush=True)
            return None
        finally:
            run.folder.cleanup()
        seen = self.seen[kind + ("" if times == "1" else f" {times}")]
        seen["runs"] += 1
        seen["failed calls"] += result["failed"]
        seen[f"exit {result['code']}"] += 1
        seen["right answers"] += result["right"]
        seen["visible errors"] += result["asked"] - result["right"]
        return result

    def cases(self, serving: dict, starting: dict):
        """Each kind in turn, so that running out of time leaves none out."""
        options = self.options
        most = options.most if options.seconds else sys.maxsize
        lists = []
        for kind in options.kinds:
            for counted, from_start in ((serving, False), (starting, True)):
                # A few more than were counted: threads interleave differently each time.
                last = counted[kind] + 2 if counted[kind] else 0
                lists.append([(kind, nth, "1", from_start) for nth in spread(1, last, most)] if last else [])
            for times in MORE.get(kind, ()):
                numbers = [1] if times == "short" else spread(1, max(1, serving[kind]), min(most, 5))
                lists.append([(kind, nth, times, False) for nth in numbers])
        while any(lists):
            for each in lists:
                if each:
                    yield each.pop(0)

    def go(self) -> int:
        options = self.options
        if options.nth:
            for kind in options.kinds:
                print(self.run(kind, options.nth, options.times, options.from_start))
            return 1 if self.wrong else 0
        serving, starting = self.run(), self.run(from_start=True)
        if not serving or not starting or serving["right"] != serving["asked"] or serving["code"] != 0:
            print("it does not even work without faults:", serving, starting)
            return 1
        self.seen.clear()
        before = {kind: starting["calls"][kind] - serving["calls"][kind] for kind in KINDS}
        left = 0
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = set()
            for case in self.cases(serving["calls"], before):
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
        for what, counts in self.seen.items():
            print(f"{what:16}", ", ".join(f"{count:,} {name}" for name, count in counts.items()))
        if left:
            print(f"{left} cases were left out for want of time; --seconds 0 takes all")
        # A test that injects nothing would pass without testing anything.
        idle = [kind for kind in options.kinds if not self.seen[kind]["failed calls"]]
        if idle and not self.wrong:
            print("no call of these kinds failed:", ", ".join(idle))
        return 1 if self.wrong or idle else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("library", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--seconds", type=float, default=50, help="0: as long as every N takes")
    parser.add_argument("--most", type=int, default=12, help="numbers a kind and phase, where time is limited")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS))
    parser.add_argument("--nth", type=int, default=0, help="this one alone")
    parser.add_argument("--times", default="1")
    parser.add_argument("--from-start", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep-going", action="store_true")
    sys.exit(Test(parser.parse_args()).go())


if __name__ == "__main__":
    main()
