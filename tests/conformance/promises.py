#!/usr/bin/env python3
"""docs/PROMISES.md: what the founding documents promise, which test shows it, which planted bug breaks it.

usage: promises.py --check|--update BUILD_DIR   reads promises.txt, runs every test that it names
       promises.py --self-test                  proves that each check bites

--check fails if a promise of the list has no test and no gap, or neither a planted bug nor a gap, if a test does not
exist or pass, if a planted bug does not exist, or if the page is not what promises.txt gives.
"""
import os
import sys

import page

ROWS = os.path.join(page.HERE, "promises.txt")
PAGE = os.path.join(page.ROOT, "docs", "PROMISES.md")
MUTANTS = os.path.join(page.ROOT, "tests", "mutants")
CODES = [f"E{n}" for n in range(1, 24)] + [f"H{n}" for n in range(1, 9)]

HEAD = """# Promises

Waggle was created from a few documents about Zeebe's exporters and about the harness itself. This page keeps what they
promise: the test, scenario or judge that shows it, and a planted bug (`tests/mutants/`, see [MUTANTS.md](MUTANTS.md))
that breaks the promise and is caught. Rows of unit tests and scenarios have a behaviour profile as in
[CONFORMANCE.md](CONFORMANCE.md). What is promised and not there yet is said so.

Made from `tests/conformance/promises.txt` by `tests/conformance/promises.py --update BUILD_DIR`, which runs every test
that it names; the test `promises_page` does the same and compares.
"""


class Promise:
    def __init__(self, code, text):
        self.code, self.text = code, text
        self.tests, self.mutants, self.gaps = [], [], []


def parse(text):
    """Promises in order, and what is wrong with them."""
    promises, wrong = [], []
    for number, line, cells in page.lines_of(text):
        if line.startswith("promise ") and len(cells) == 2:
            promises.append(Promise(cells[0][len("promise "):], cells[1]))
            continue
        last = promises[-1] if promises else Promise("", "")
        if cells[0] != last.code:
            wrong.append(f"promises.txt:{number}: not below its promise: {line}")
        elif len(cells) in (4, 5) and cells[1] in page.PROFILES:
            last.tests.append(page.Row(cells[0], cells[1], cells[2:]))
        elif len(cells) == 3 and cells[1] == "gap":
            last.gaps.append(cells[2])
        elif len(cells) == 3 and cells[1] == "mutant":
            last.mutants.append(cells[2])
        else:
            wrong.append(f"promises.txt:{number}: not a row: {line}")
    if [promise.code for promise in promises] != CODES:
        wrong.append("promises.txt: the promises are not E1 to E23 and H1 to H8")
    return promises, wrong


def check_shown(promises):
    wrong = []
    for promise in promises:
        if not promise.tests and not promise.gaps:
            wrong.append(f"promises.txt: nothing shows {promise.code}")
        if not promise.mutants and not promise.gaps:
            wrong.append(f"promises.txt: no planted bug breaks {promise.code}")
        for mutant in promise.mutants:
            if not os.path.exists(os.path.join(MUTANTS, mutant + ".patch")):
                wrong.append(f"promises.txt: there is no planted bug {mutant}")
    return wrong


def check_tests(promises, build, runner=page.passed_by):
    return page.check_tests([("", [], [row for promise in promises for row in promise.tests])], build, runner)


def cell(row):
    profile = "" if row.kind == "any" else f" ({row.kind})"
    remark = f", {row.remark}" if row.remark else ""
    return f"`{row.program}`: `{row.test}`{profile}{remark}"


def page_of(promises):
    gaps = sum(bool(promise.gaps) for promise in promises)
    out = [HEAD, f"{len(promises)} promises, {gaps} of them not kept in full yet.", "",
           "| id | promise | shown by | broken by |", "|---|---|---|---|"]
    for promise in promises:
        shown = [cell(row) for row in promise.tests] + [f"**not yet:** {gap}" for gap in promise.gaps]
        broken = [f"`{mutant}`" for mutant in promise.mutants]
        out.append(f"| prom-{promise.code} | {promise.text} | {'<br>'.join(shown)} | {'<br>'.join(broken)} |")
    return "\n".join(out) + "\n"


def self_test():
    good = "".join(f"promise {code} | x\n{code} | any | p | t\n{code} | gap | why\n" for code in CODES)

    def findings(text, runner=lambda program, names, build: {"t"}):
        promises, wrong = parse(text)
        return wrong + check_shown(promises) + check_tests(promises, "", runner)
    cases = [
        ("a promise that is left out", findings(good.replace("promise E2 | x\n", "")), "not below its promise"),
        ("a promise without a test", findings(good.replace("E3 | any | p | t\nE3 | gap | why\n", "")), "nothing shows E3"),
        ("a promise without a bug", findings(good.replace("E3 | gap | why\n", "")), "no planted bug breaks E3"),
        ("an unknown bug", findings(good.replace("E3 | gap | why\n", "E3 | mutant | none-such\n")), "no planted bug none-such"),
        ("a test that does not pass", findings(good, lambda *_: set()), "does not pass"),
        ("an unknown row", findings(good + "H8 | most | p | t\n"), "not a row"),
        ("an unknown fuzz target", findings(good.replace("E3 | any | p | t", "E3 | any | fuzz | none-such"),
                                            lambda program, names, build:
                                            page.passed_by(program, names, build) if program == "fuzz" else {"t"}),
         "does not pass: none-such"),
    ]
    return page.report_self_test(cases, findings(good))


def make(build):
    promises, wrong = parse(page.read(ROWS))
    wrong += check_shown(promises) + check_tests(promises, build)
    return "promises", PAGE, page_of(promises), "promises.txt", len(promises), wrong


if __name__ == "__main__":
    sys.exit(page.run_page(__doc__, self_test, make))
