"""Judges a report by what the switches should have led to, and says so on one screen."""
import collections
import contextlib
import json
import math
import os
import re

from driver import Seen
from expected import EXPECTED, Expected

BOLD, DIM, RED, GREEN, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"
SHOWN = 34  # characters of a value in an example


class Summary:
    """`problems` is empty where every regression that is on is proven, nothing is invented and nothing is lost."""

    def __init__(self, report: dict, switches: list[str], seen: Seen):
        self.report, self.seen = report, seen
        self.on = [expected for expected in EXPECTED if expected.switch in switches]
        self.proof = {expected.switch: self.find_proof(expected) for expected in self.on}
        self.problems = list(self.find_problems())

    def find_proof(self, expected: Expected) -> dict | None:
        """The proven finding or test with the most evidence."""
        where, kind = expected.proof
        if where == "test":
            proofs = [test for endpoint, test in self.failed_tests()
                      if endpoint["endpoint"] == expected.endpoint and test["metric"] == kind]
        else:
            proofs = [finding for finding in self.proven_findings() if expected.proven_by(finding)]
        return max(proofs, key=lambda proof: proof["ln_e"], default=None)

    def proven_findings(self) -> list[dict]:
        return [finding for finding in self.report["findings"] if finding["proven"] and finding["status"] == "new"]

    def failed_tests(self) -> list[tuple[dict, dict]]:
        return [(endpoint, test) for endpoint in self.report["endpoints"] for test in endpoint["tests"]
                if test["verdict"] == "fail"]

    def find_problems(self):
        for expected in self.on:
            if not self.proof[expected.switch]:
                yield f"not proven: {expected.what} ({expected.switch}) on {expected.endpoint}"
        for finding in self.proven_findings():
            if not any(expected.causes(finding) for expected in self.on):
                yield f"invented: {named(finding)} ({evidence(finding)})"
        for endpoint, test in self.failed_tests():
            if not any(expected.endpoint == endpoint["endpoint"] and test["metric"] in expected.tests
                       for expected in self.on):
                yield f"invented: {test['metric']} of {endpoint['endpoint']} fails ({evidence(test)})"
        if (self.report["verdict"] == "fail") != bool(self.on):
            yield f"the verdict is {self.report['verdict']}"
        if not self.closed():
            yield "the accounting is not closed"
        if not self.report["totals"]["compared"]:
            yield "nothing was compared"
        for what, count in self.seen.failures.items():
            yield f"{count} users met: {what}"

    def closed(self) -> bool:
        totals = self.report["totals"]
        return totals["sampled"] == totals["compared"] + sum(totals["dropped"].values()) + totals["in_flight"]

    def print(self, color: bool) -> None:
        def style(code: str, words: str) -> str:
            return f"{code}{words}{PLAIN}" if color else words

        verdict = self.report["verdict"]
        print(f"\n{style(BOLD + (RED if verdict == 'fail' else GREEN), verdict.upper())}   "
              + style(BOLD, f"{self.proven()}, {self.invented()} invented") + "\n")
        if self.on:
            print(style(DIM, f"  {'regression':<32} {'endpoint':<27} {'where':<15} "
                             "samples, blocks for:against, evidence"))
        for expected in self.on:
            proof = self.proof[expected.switch]
            mark = style(GREEN, "✓") if proof else style(RED, "✗")
            where, kind = expected.proof if not proof or "metric" in proof else (proof["location"], proof["kind"])
            if where == "test":
                where = kind
            print(f"{mark} {style(BOLD, f'{expected.what:<32}')} {expected.endpoint:<27} {where:<15} "
                  f"{evidence(proof) if proof else 'not proven'}")
            if proof:
                print(style(DIM, f"      {self.example(expected, proof)}"))
        if self.on:
            print()
        for line in self.footnotes():
            print(line)
        for problem in self.problems:
            print(style(RED, f"PROBLEM   {problem}"))

    def proven(self) -> str:
        found = sum(proof is not None for proof in self.proof.values())
        return f"{found} of {len(self.on)} regressions proven" if self.on else "v1 against itself: no regression to find"

    def invented(self) -> int | str:
        return sum(problem.startswith("invented") for problem in self.problems) or "none"

    def example(self, expected: Expected, proof: dict) -> str:
        if "metric" in proof:
            latency = next(endpoint["latency"] for endpoint in self.report["endpoints"]
                           if endpoint["endpoint"] == expected.endpoint)
            return ", ".join(f"{q} {latency['control'][q] * 1000:.0f} → {latency['candidate'][q] * 1000:.0f} ms"
                             for q in ("p50", "p99"))
        shape = re.compile(re.escape(proof["location"]).replace(r"\*", "[^/]+"))
        for example in proof["examples"]:
            same = [each for each in example["divergences"]
                    if each["kind"] == proof["kind"] and shape.fullmatch(each["location"])]
            if same:
                more = f", and {len(same) - 1} more" if len(same) > 1 else ""
                return (f"{example['request']['method']} {example['request']['target']}: "
                        f"{contrast(same[0].get('stable'), same[0].get('candidate'))}{more}")
        return "no example was kept"

    def footnotes(self):
        totals = self.report["totals"]
        noise, unproven = collections.Counter(), collections.Counter()
        for finding in self.report["findings"]:
            if finding["status"] in ("noise", "suspected_noise"):
                noise[finding["location"]] += 1
            elif not finding["proven"]:
                unproven[named(finding)] += 1
        yield "noise      " + (", ".join(f"{where} ({count} endpoint{'s' * (count > 1)})"
                                         for where, count in noise.most_common()) or "none")
        if unproven:
            yield f"unproven   {', '.join(list(unproven)[:3])}{', …' if len(unproven) > 3 else ''}"
        dropped = ", ".join(f"{count} {reason}" for reason, count in totals["dropped"].items() if count) or "0"
        yield (f"accounting {totals['requests']:,} requests; {totals['sampled']:,} sampled = "
               f"{totals['compared']:,} compared + {dropped} dropped + {totals['in_flight']} in flight: "
               f"{'closed' if self.closed() else 'NOT CLOSED'}")
        yield (f"users      {self.seen.requests:,} requests, {self.seen.failures.total()} failed, p50 "
               f"{self.seen.quantile(0.5) * 1000:.0f} ms, p99 {self.seen.quantile(0.99) * 1000:.0f} ms")


def named(finding: dict) -> str:
    return f"{finding['kind']} at {finding['location']} of {finding['endpoint']}"


def evidence(proof: dict) -> str:
    samples = proof["b"] if "b" in proof else proof["candidate_only"]
    blocks = f"{proof['blocks_b']}:{proof['blocks_c']}"
    return f"{samples:>4} samples, {blocks:>5} blocks, E = 10^{proof['ln_e'] / math.log(10):.0f}"


def contrast(before: object, after: object) -> str:
    """Both values, cut to where they begin to differ."""
    before, after = shown(before), shown(after)
    same = len(os.path.commonprefix((before, after)))
    start = same - 8 if same > 16 else 0
    return " → ".join("…" * (start > 0) + words[start:start + SHOWN] + "…" * (len(words) > start + SHOWN)
                      for words in (before, after))


def shown(value: object) -> str:
    """A value of a divergence (JSON, or the text of it) without escapes and without what a terminal would obey."""
    if value is None:
        return "nothing"
    words = value if isinstance(value, str) else json.dumps(value)
    if words.startswith(('"', "{", "[")):
        with contextlib.suppress(ValueError):
            words = json.dumps(json.loads(words), ensure_ascii=False)
    return "".join(letter if letter.isprintable() else "�" for letter in words)
