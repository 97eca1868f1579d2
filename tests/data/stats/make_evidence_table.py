#!/usr/bin/env python3
"""Makes evidence.tsv and interval.tsv: values that diff/stats/evidence.cc is checked against, with 60 digits of mpmath.

ln E is computed from its definition, the incomplete beta integral, by quadrature around the peak of the integrand; the
program sums a series instead, so the two share no formula. Needs python3-mpmath. Usage: make_evidence_table.py
"""
import os
from mpmath import mp, mpf, log, log1p, quad, beta, findroot, sqrt, exp, betainc, loggamma

mp.dps = 60
HERE = os.path.dirname(os.path.abspath(__file__))


def ln_e(b, c):
    b, c = mpf(b), mpf(c)
    g = lambda t: b * log1p(t) + c * log1p(-t) if c else b * log1p(t)
    peak = (b - c) / (b + c) if b > c else mpf(0)
    if peak >= 1:
        peak = mpf(1)
    top = g(peak)
    # The integrand falls around its peak as a Gaussian or, at an end, as an exponential: cut where it is below 1e-60.
    if 0 < peak < 1:
        width = 1 / sqrt(b / (1 + peak) ** 2 + c / (1 - peak) ** 2)
    else:
        slope = abs(b / (1 + peak) - (c / (1 - peak) if c else 0))
        width = min(1 / sqrt(b + c + 1), 1 / slope if slope else mpf(1))
    points = sorted({max(mpf(0), min(mpf(1), peak + k * width)) for k in list(range(-40, 41, 4)) + [-160, -80, 80, 160]})
    return top + log(quad(lambda t: exp(g(t) - top), points))


def interval(k, n, a):
    k, n, a = mpf(k), mpf(n), mpf(a)
    limit = log(a / 2) + loggamma(k + 1) + loggamma(n - k + 1) - loggamma(n + 2)
    f = lambda p: (k * log(p) if k else 0) + ((n - k) * log1p(-p) if n > k else 0) - limit
    def root(outside, inside):
        for _ in range(180):
            middle = (outside + inside) / 2
            if f(middle) >= 0:
                inside = middle
            else:
                outside = middle
        return inside
    lower = mpf(0) if k == 0 else root(mpf(10) ** -40, k / n)
    upper = mpf(1) if k == n else root(1 - mpf(10) ** -40, k / n)
    return lower, upper


PAIRS = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (9, 0), (0, 9), (5, 3), (3, 5), (15, 1), (16, 16), (17, 15), (40, 20), (20, 40),
         (100, 0), (0, 1100), (1100, 0), (1100, 1), (500, 500), (501, 499), (1000, 900), (900, 1000), (12345, 12000),
         (100000, 100000), (100000, 99000), (99000, 100000), (1000000, 1), (1, 1000000), (10**7, 0), (0, 10**7), (10**7, 1),
         (10**7, 9990000), (9990000, 10**7), (10**7, 10**7), (10**7, 9999999), (9999999, 10**7), (10**7, 5 * 10**6),
         (5 * 10**6, 10**7), (10**7, 1000), (1000, 10**7)]
INTERVALS = [(k, n, a) for a in ("0.01", "0.0005", "1e-9") for k, n in
             [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (0, 1164), (5, 1000), ("2.5", "333.3"), ("0.25", 200), (999, 1000),
              (5000, 10000), (1, 10**7), (99999, 10**7), (10**7, 10**7), (0, 10**7)]]

with open(os.path.join(HERE, "evidence.tsv"), "w") as out:
    out.write("# b\tc\tln E(b, c)\n")
    for b, c in PAIRS:
        value = ln_e(b, c)
        if b + c <= 2000:  # the definition by the incomplete beta function itself, where it can still be evaluated
            with mp.workdps(800):  # it cancels by hundreds of digits for c > b
                direct = log(betainc(b + 1, c + 1, mpf(1) / 2, 1)) + (b + c + 1) * log(mpf(2))
            assert abs(direct - value) < mpf(10) ** -25, (b, c, direct, value)
        out.write(f"{b}\t{c}\t{mp.nstr(value, 25)}\n")
with open(os.path.join(HERE, "interval.tsv"), "w") as out:
    out.write("# k\tn\ta\tlower\tupper\n")
    for k, n, a in INTERVALS:
        lower, upper = interval(k, n, a)
        out.write(f"{k}\t{n}\t{a}\t{mp.nstr(lower, 20)}\t{mp.nstr(upper, 20)}\n")
