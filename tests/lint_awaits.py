#!/usr/bin/env python3
"""co_await stands in a statement of its own: gcc 12 destroys temporaries twice, or too early, where one is awaited
inside a condition, or where a conditional expression makes what is awaited (PR 99576, and what was met here).

    tests/lint_awaits.py FILE...     prints FILE:LINE of each that does not, and exits 1 where there is one

Forbidden: co_await inside the parentheses of if, while, for and switch, as an operand of `&&` or `||`, and in a statement
with `?:`.
Reads tokens, not types: a statement ends at `;`, `{` or `}`, comments and literals count for nothing.
"""
import re
import sys

TOKENS = re.compile(r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
                    r"""|\d['\w.]*|\w+|&&|\|\||::|[^\s\w]""", re.S)
# The rule is held against these at each run: what it finds in them, as the number of the line.
EXAMPLES = [
    ("if (co_await f()) g();", [1]),
    ("if (a) co_await f();", []),
    ("while (x &&\n !co_await f()) {}", [2]),
    ("bool b = a && co_await f();", [1]),
    ("co_await f(a ? B() : C());", [1]),
    ("for (auto x = co_await f(); x; ++x) g();", [1]),
    ("for (int a = b ? 1 : 2; a; ) { co_await f(); }", []),
    ("const auto x = a ? b : c; co_await f(x);", []),
    ("co_return co_await f(\"a ? b : c\", '?');  // if (co_await f())", []),
    ("int n = 1'000; co_await f();", []),
    ("void f(T&& a) { co_await a; }", []),
    ("auto&& x = co_await f(a && b);", []),
    ("co_await f([&](T&& a) { return a ? 1 : 2; });", []),
]


def tokens_of(text):
    """(token, line), without comments and literals."""
    for found in TOKENS.finditer(text):
        token = found.group()
        if token.startswith(("//", "/*", '"', "'", 'R"')):
            continue
        yield token, text.count("\n", 0, found.start()) + 1


def wrong_lines(text):
    wrong = []
    awaits, operators, chooses = [], [], False  # of the statement so far: (line, depth), depths, whether there is a ?:
    opened = []  # for each parenthesis that is open: whether it is a condition's
    before = ""
    for token, line in tokens_of(text):
        if token == "(":
            opened.append(before in ("if", "while", "for", "switch", "constexpr"))
        elif token == ")" and opened:
            # Behind a condition the statement proper begins.
            if opened.pop() and not any(opened):
                awaits, operators, chooses = [], [], False
        elif token == "co_await" and any(opened):
            wrong.append(line)
        elif token == "co_await":
            awaits.append((line, len(opened)))
        elif token == "||" or (token == "&&" and before != "auto"):
            operators.append(len(opened))
        elif token == "?":
            chooses = True
        elif token in (";", "{", "}"):
            # `a && co_await f()`, but not `co_await f(a && b)`: a truth value needs no destructor.
            wrong += [at for at, depth in awaits if chooses or any(operator <= depth for operator in operators)]
            awaits, operators, chooses = [], [], False
        before = token
    return sorted(wrong)


def main():
    for text, expected in EXAMPLES:
        found = wrong_lines(text)
        if found != expected:
            sys.exit(f"lint_awaits: found {found}, not {expected}, in: {text}")
    failed = False
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as source:
            for line in wrong_lines(source.read()):
                print(f"{path}:{line}: give this co_await a statement of its own (gcc 12, PR 99576)", file=sys.stderr)
                failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
