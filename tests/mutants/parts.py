#!/usr/bin/env python3
"""Counts the strict planted bugs, in all and by part (parts.txt), from the tables of docs/MUTANTS.md.

    parts.py [--update]      compares the summary in the page with the tables, or writes it

Hard = more than five seeds in the median. Fails if a strict bug has no patch or no row, if a name stands in two
parts or is not strict, or if the summary in the page is another."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "docs", "MUTANTS.md")
BEGIN = "<!-- counted by tests/mutants/parts.py -->\n"
END = "<!-- end -->\n"
HARD = 5  # seeds; a harder one needs more


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def medians(page):
    """Name -> median of the rows in the strict tables, which have it in the fifth cell."""
    strict = page.split("\n## Strict\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in strict.splitlines() if line.startswith("| ")]
    cells = [[c.strip() for c in row] for row in rows if len(row) > 5]
    return {c[0]: int(c[4]) for c in cells if c[4].isdigit()}


def parts_of(text):
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {part: names.split() for part, names in (line.split(":", 1) for line in lines)}


def findings(strict, parts, known, patches):
    wrong = [f"{name}: no patch" for name in strict if name not in patches]
    wrong += [f"{name}: no row in a strict table" for name in strict if name not in known]
    named = [name for names in parts.values() for name in names]
    wrong += [f"{name}: in parts.txt, but not strict" for name in named if name not in strict]
    wrong += [f"{name}: in two places of parts.txt" for name in sorted(set(named))
              if named.count(name) > 1]
    return wrong


def row(what, names, known):
    return f"| {what} | {len(names)} | {sum(known[n] > HARD for n in names)} |\n"


def summary(strict, parts, known):
    total = [name for names in parts.values() for name in names]
    text = "| strict planted bugs | of them | more than five seeds in the median |\n|---|---|---|\n"
    text += row("all", strict, known) + row("messages to processing", total, known)
    return text + "".join(row(f"- {part}", names, known) for part, names in parts.items())


def main():
    strict = read(os.path.join(HERE, "strict.txt")).split()
    parts = parts_of(read(os.path.join(HERE, "parts.txt")))
    patches = {f[:-len(".patch")] for f in os.listdir(HERE) if f.endswith(".patch")}
    page = read(PAGE)
    known = medians(page)
    wrong = findings(strict, parts, known, patches)
    if wrong:
        sys.exit("\n".join(wrong))
    before, rest = page.split(BEGIN)
    old, after = rest.split(END, 1)
    new = summary(strict, parts, known)
    if "--update" in sys.argv[1:]:
        with open(PAGE, "w", encoding="utf-8") as f:
            f.write(before + BEGIN + new + END + after)
    elif old != new:
        sys.exit(f"docs/MUTANTS.md: the tables say\n{new}run tests/mutants/parts.py --update")
    return 0


if __name__ == "__main__":
    sys.exit(main())
