#!/usr/bin/env python3
"""The demo's parts without a proxy: each switch changes what it says and no more, and the judge is not lenient.

The whole scenario, with the proxy, is docker/demo/run.py itself.
"""
import asyncio
import copy
import re
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docker" / "demo"))

import database
import driver
import regressions
import summary
from expected import EXPECTED
from service import Orders

IDS_OF_A_PART = 20


def setUpModule() -> None:
    global loop, path, targets
    loop = asyncio.new_event_loop()
    unittest.addModuleCleanup(loop.close)
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    path = database.database(Path(folder.name))
    targets = [target.format(number) for _, target, ids in driver.Users("http://localhost", path).parts
               for number, _ in zip(ids, range(IDS_OF_A_PART)) if target != "/quotes"]


def service(bugs: str) -> Orders:
    made = regressions.version_2(bugs)(path)
    made.wait = lambda: asyncio.sleep(0)
    return made


def answer(made: Orders, target: str) -> tuple[int, bytes]:
    try:
        status, body = loop.run_until_complete(made("GET", target, b""))
    except AttributeError:  # which the server answers with a 500
        return 500, b""
    # Without the noise: timestamps, and the order of tags.
    body = re.sub(rb'"generated_at":"[^"]*"', b"", body)
    return status, re.sub(rb'"tags":\[(.*)\]', lambda tags: b",".join(sorted(tags[1].split(b", "))), body)


class Switches(unittest.TestCase):
    def endpoints_that_differ(self, bugs: str) -> set[str]:
        v1, v2 = service("none"), service(bugs)
        return {"GET " + re.sub(r"\d+", "{id}", target)
                for target in targets if answer(v1, target) != answer(v2, target)}

    def test_each_changes_the_answers_of_its_endpoint_alone(self):
        for expected in EXPECTED:
            with self.subTest(expected.switch):
                seen_one_by_one = expected.switch not in ("slow_query", "racy_cache")
                self.assertEqual(self.endpoints_that_differ(expected.switch),
                                 {expected.endpoint} if seen_one_by_one else set())

    def test_version_2_without_bugs_is_version_1(self):
        self.assertEqual(self.endpoints_that_differ("none"), set())

    def test_all_are_in_the_table_of_what_is_expected(self):
        self.assertEqual([expected.switch for expected in EXPECTED], list(regressions.SWITCHES))

    def test_an_unknown_name_is_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(ValueError, "no bug is called 'slow'; there are: utf8_cut, "):
            regressions.version_2("racy_cache,slow")

    def test_a_cut_label_is_not_utf8(self):
        labels = [target for target in targets if target.endswith("/label")]
        broken = [target for target in labels if b"\xef\xbf\xbd" in answer(service("utf8_cut"), target)[1].decode(
            errors="replace").encode()]
        self.assertTrue(broken)
        for target in labels:
            answer(service("none"), target)[1].decode()

    def test_the_cache_mixes_users_up_only_where_they_meet(self):
        async def together(made: Orders) -> list[bytes]:
            answers = await asyncio.gather(*(made("GET", f"/accounts/{n}/profile", b"") for n in (2001, 2002)))
            return [body for _, body in answers]

        for bugs, owner in (("none", 2001), ("racy_cache", 2002)):
            first, second = loop.run_until_complete(together(service(bugs)))
            self.assertIn(b'"account":%d,' % owner, first)
            self.assertIn(b'"account":2002,', second)

    def test_the_slow_query_makes_a_round_trip_for_each_page(self):
        for orders, trips in ((database.LARGEST_ORDERS, 100), (database.SMALL_ORDERS[1], 0)):
            db = sqlite3.connect(path)
            account = db.execute("SELECT id FROM accounts WHERE orders = ?", (orders,)).fetchone()[0]
            db.close()
            with mock.patch("regressions.asyncio.sleep", wraps=no_time) as sleep:
                answer(service("slow_query"), f"/accounts/{account}/summary")
            self.assertEqual([call.args for call in sleep.call_args_list].count((0.001,)), trips)


async def no_time(seconds: float) -> None:
    pass


class Data(unittest.TestCase):
    def test_the_same_seed_makes_the_same_rows(self):
        small = mock.patch.multiple(database, LARGEST_ORDERS=50, LARGE=1, SMALL=20)
        with small, tempfile.TemporaryDirectory() as work:
            dumps = []
            for name in ("one", "other"):
                database.generate(Path(work) / name)
                db = sqlite3.connect(Path(work) / name)
                dumps.append(list(db.iterdump()))
                db.close()
        self.assertEqual(*dumps)

    def test_it_is_as_large_and_as_messy_as_promised(self):
        db = sqlite3.connect(path)
        self.addCleanup(db.close)
        count = lambda query: db.execute(f"SELECT count(*) FROM {query}").fetchone()[0]
        self.assertGreaterEqual(sum(map(count, ("accounts", "orders", "items", "products"))), 200_000)
        self.assertEqual(count("accounts WHERE orders = 50000"), database.LARGEST)
        self.assertGreater(count("accounts WHERE orders = 12"), 0)
        self.assertGreater(count("accounts WHERE region IS NULL"), 0)
        for kind in ("%🦄%", "%محمد%", "%e\u0301%"):
            self.assertGreater(count(f"accounts WHERE name LIKE '{kind}'"), 0, kind)
        self.assertEqual(db.execute("SELECT DISTINCT generation FROM orders ORDER BY 1").fetchall(), [(1,), (2,), (3,)])


def good_report() -> dict:
    findings, tests = [], {}
    evidence = {"blocks_b": 50, "blocks_c": 0, "ln_e": 31.0}
    location = {"utf8_cut": "body", "page_cap": "body/orders/*"}
    for expected in EXPECTED:
        where, kind = expected.proof
        if where == "test":
            tests[expected.endpoint] = [{"metric": kind, "b": 60, "verdict": "fail", **evidence}]
        else:
            findings.append({"endpoint": expected.endpoint, "location": location.get(expected.switch, where),
                             "kind": kind, "status": "new", "proven": True, "candidate_only": 60, "examples": [],
                             **evidence})
    latency = {arm: {"p50": 0.01, "p99": 0.02} for arm in ("candidate", "control")}
    return {"verdict": "fail", "findings": findings,
            "endpoints": [{"endpoint": name, "tests": each, "latency": latency} for name, each in tests.items()],
            "totals": {"requests": 110, "sampled": 100, "compared": 99, "dropped": {"over_budget": 1}, "in_flight": 0}}


class Judge(unittest.TestCase):
    def problems(self, change=lambda report: None, bugs="all", seen=None) -> list[str]:
        report = copy.deepcopy(good_report())
        change(report)
        return summary.Summary(report, regressions.chosen(bugs), seen or driver.Seen()).problems

    def test_a_report_with_the_seven_and_nothing_else_has_no_problem(self):
        self.assertEqual(self.problems(), [])

    def test_each_missing_proof_is_named(self):
        for index, expected in enumerate(each for each in EXPECTED if each.proof[0] != "test"):
            def unprove(report, index=index):
                report["findings"][index]["proven"] = False
            self.assertRegex(" ".join(self.problems(unprove)), f"not proven: .*{expected.switch}")
        self.assertRegex(" ".join(self.problems(lambda report: report["endpoints"].clear())), "slow_query")

    def test_a_proven_finding_that_no_switch_causes_is_invented(self):
        def move(report):
            report["findings"].append({**report["findings"][0], "endpoint": "GET /orders/{id}/items"})
        self.assertRegex(" ".join(self.problems(move)), "invented: malformed at body of GET /orders/{id}/items")

    def test_a_test_that_fails_elsewhere_is_invented(self):
        def slower(report):
            report["endpoints"][0]["endpoint"] = "GET /products/{id}"
        self.assertRegex(" ".join(self.problems(slower)), "invented: latency_p99 of GET /products/{id}")

    def test_what_a_switch_that_is_off_would_cause_is_invented(self):
        self.assertEqual(sum(problem.startswith("invented") for problem in self.problems(bugs="float_price")), 6)

    def test_no_switch_and_a_verdict_of_fail_is_a_problem(self):
        def nothing_found(report):
            report["findings"], report["endpoints"] = [], []
        self.assertEqual(self.problems(nothing_found, bugs="none"), ["the verdict is fail"])

    def test_a_lost_sample_is_a_problem(self):
        def lose(report):
            report["totals"]["compared"] -= 1
        self.assertEqual(self.problems(lose), ["the accounting is not closed"])

    def test_a_user_who_noticed_is_a_problem(self):
        seen = driver.Seen()
        seen.failures["another user's data"] += 1
        self.assertEqual(self.problems(seen=seen), ["1 users met: another user's data"])


if __name__ == "__main__":
    unittest.main()
