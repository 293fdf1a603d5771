#!/usr/bin/env python3
"""docs/CONFORMANCE.md: which test shows which row of the list of Zeebe's exporter tests.

usage: page.py --check|--update BUILD_DIR    reads rows.txt, runs every program that it names
       page.py --self-test                   proves that each check bites

--check fails if a code of the list has no row, a row names a test that does not exist or does not pass
in its profile, a conf_ test has no row, or the page is not what rows.txt gives.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROWS = os.path.join(HERE, "rows.txt")
PAGE = os.path.join(ROOT, "docs", "CONFORMANCE.md")
PROFILES = {"documented": ["documented"], "zeebe-8.6": ["zeebe-8.6"],
            "both": ["documented", "zeebe-8.6"], "any": [None]}
OWN_LETTERS = "FTQIJ"  # not tests of Zeebe, but what must hold
RESULT = {"n/a": "not applicable", "gap": "**not conforming**"}

HEAD = """# Conformance with Zeebe's exporter tests

Zeebe tests its exporters' surroundings: the director, pauses, positions, loading, snapshots, the log. This
page says for each of these tests (of mid 2024, 8.6) which test here shows the same, and in which
behaviour profile (see [FIDELITY.md](FIDELITY.md)): `documented`, `zeebe-8.6`, both, or any where no quirk
reaches what is tested. Where the profiles differ the test expects of each its own result, and the row
says so. A row that cannot apply says why; one that could apply and does not hold is *not conforming*.
The last five parts do the same for Zeebe's defaults, its sequences of records, its metrics, and for what must
hold in the engine and around exporters: there a judge looks at every run ([INVARIANTS.md](INVARIANTS.md)), and a
unit test makes it fire.

The page is made from `tests/conformance/rows.txt` by `tests/conformance/page.py --update BUILD_DIR`, which
runs every test that it names; the test `conformance_page` does the same and compares. Tests that begin
with `conf_` are in `tests/conformance`, the others belong to the unit tests and suites.
"""


class Row:
    def __init__(self, code, kind, cells):
        self.code, self.kind = code, kind
        self.is_test = kind in PROFILES
        self.program, self.test = cells[:2] if self.is_test else (None, None)
        self.remark = (cells[2:] + [""])[0] if self.is_test else cells[0]


def codes_of(head):
    """["D1", .., "D20"] of "D 1-20", ["B"] of "B"."""
    letter, _, span = head.partition(" ")
    if not span:
        return [letter]
    first, last = (int(n) for n in span.split("-"))
    return [f"{letter}{n}" for n in range(first, last + 1)]


def lines_of(text):
    """Numbers, lines and their cells; no comments and no empty lines."""
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith("#"):
            yield number, line, [cell.strip() for cell in line.split(" | ")]


def parse(text):
    """Groups as [(title, codes, rows)], and what is wrong with them."""
    groups, wrong = [], []
    for number, line, cells in lines_of(text):
        if line.startswith("group ") and len(cells) == 2:
            groups.append((cells[1], codes_of(cells[0][len("group "):]), []))
            continue
        wanted = (4, 5) if len(cells) > 1 and cells[1] in PROFILES else (3,)
        if not groups or len(cells) not in wanted or cells[1] not in [*PROFILES, *RESULT]:
            wrong.append(f"rows.txt:{number}: not a row: {line}")
            continue
        row = Row(cells[0], cells[1], cells[2:])
        if row.code not in groups[-1][1]:
            wrong.append(f"rows.txt:{number}: {row.code} is not in the list of codes")
        groups[-1][2].append(row)
    for _, codes, rows in groups:
        known = {row.code for row in rows}
        wrong += [f"rows.txt: no row for {code}" for code in codes if code not in known]
    return groups, wrong


def all_rows(groups):
    return [row for _, _, rows in groups for row in rows]


def check_names(groups, sources):
    """conf_ tests and rows name each other, and the name says the row."""
    wrong, named = [], {row.test for row in all_rows(groups) if row.is_test}
    for path, text in sources.items():
        for name in re.findall(r"^static void (conf_\w+)\(void", text, re.M):
            if name not in named:
                wrong.append(f"{path}: {name} has no row")
    for row in all_rows(groups):
        if row.is_test and row.test.startswith("conf_"):
            letter, digits = re.match(r"conf_([A-Z])(\d*)_", row.test).groups()
            if row.code != letter + (str(int(digits)) if digits else ""):
                wrong.append(f"rows.txt: {row.test} is not a test of {row.code}")
    return wrong


def wanted_names(row):
    """The names under which the row's test has to pass. Quirks are off in plain unit tests."""
    suffixed = row.test.startswith("conf_") and row.kind != "any"
    if not suffixed and row.program != "waggle" and row.kind not in ("documented", "any"):
        return [f"{row.test} [{row.kind}: a plain test has one profile]"]
    if row.program == "waggle" or suffixed:
        return [f"{row.test} [{profile}]" for profile in PROFILES[row.kind]]
    return [row.test]


# --- running ---------------------------------------------------------------------------------------

def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=ROOT, check=False, timeout=900)


def in_profile(scenario, profile):
    """The scenario with `behaviour` set."""
    if not re.search(r"^cluster:", scenario, re.M):
        return scenario + f"cluster: {{ behaviour: {profile} }}\n"
    profiled, count = re.subn(r"^cluster: \{", f"cluster: {{ behaviour: {profile},", scenario, flags=re.M)
    if count != 1:
        sys.exit("page.py: cannot set the behaviour of a scenario without one `cluster: {` line")
    return profiled


def scenario_passes(binary, name):
    path, profile = re.match(r"(.*) \[(.*)\]", name).groups()
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "scenario.yaml")
        with open(copy, "w", encoding="utf-8") as file:
            file.write(in_profile(text, profile))
        done = run([binary, "run", copy, "--seed", "1", "--quiet", "--out", folder + "/out"])
    return done.returncode == 0


def judges_that_fire(names, build):
    """Those of `names` that have a file, a section in the manual, and a test in which they fire."""
    manual, fired = read(os.path.join(ROOT, "docs", "INVARIANTS.md")), set()
    for program in glob.glob(os.path.join(build, "tests", "unit", "invariants", "test_*_judges")):
        fired |= set(re.findall(r"^\[ +OK \] judge_(\w+?)_fires", run([program]).stdout, re.M))
    return {name for name in names if name.replace("-", "_") in fired and f"## {name}\n" in manual and
            os.path.exists(f"{ROOT}/sim/invariants/inv_{name.replace('-', '_')}.c")}


def fuzz_target_holds(name, build):
    """Its corpus and regressions are replayed without a finding; the canary's with one."""
    folders = [os.path.join(ROOT, "fuzz", kind, name) for kind in ("corpus", "regressions")]
    folders = [folder for folder in folders if os.path.isdir(folder)]
    replay = os.path.join(build, "fuzz", "replay_" + name)
    if not folders or not os.path.exists(replay):
        return False
    done = run([replay, *folders])
    if name == "canary":
        return done.returncode == 1 and "does not hold" in done.stdout
    return done.returncode == 0 and re.search(r"^[1-9][0-9]* inputs$", done.stdout, re.M) is not None


def passed_by(program, names, build):
    """Those of `names` that the program says have passed."""
    waggle = os.path.join(build, "waggle")
    if program == "fuzz":
        return {name for name in names if fuzz_target_holds(name, build)}
    if program == "judge":
        return judges_that_fire(names, build)
    if program == "waggle":
        return {name for name in names if scenario_passes(waggle, name)}
    if program.endswith(".py"):
        done = run([sys.executable, os.path.join(ROOT, "tests", "suites", program), waggle])
        return set(re.findall(r"^ok +(\S+)$", done.stdout, re.M))
    found = glob.glob(os.path.join(build, "tests", "**", "test_" + program), recursive=True)
    if len(found) != 1:
        return set()
    return set(re.findall(r"^\[ +OK \] (.+)$", run([found[0]]).stdout, re.M))


def check_tests(groups, build, runner=passed_by):
    wrong, programs = [], {}
    for row in all_rows(groups):
        if row.is_test:
            programs.setdefault(row.program, set()).update(wanted_names(row))
    for program, names in programs.items():
        missing = names - runner(program, sorted(names), build)
        wrong += [f"{program}: no such test, or it does not pass: {name}" for name in sorted(missing)]
    return wrong


# --- the page --------------------------------------------------------------------------------------

def line_of(row):
    if not row.is_test:
        return f"| {row.code} | {row.remark} | | {RESULT[row.kind]} |"
    remark = f" ({row.remark})" if row.remark else ""
    return f"| {row.code} | `{row.program}`: `{row.test}`{remark} | {row.kind} | pass |"


def summary(what, groups):
    codes = [code for _, group, _ in groups for code in group]
    kinds = {code: {row.kind for row in all_rows(groups) if row.code == code} for code in codes}
    gaps = sum("gap" in kinds[code] for code in codes)
    away = sum(kinds[code] == {"n/a"} for code in codes)
    return f"- {what}: {len(codes)} rows, {len(codes) - gaps - away} pass, {gaps} not conforming, {away} not applicable"


def page_of(groups):
    ours = [group for group in groups if group[1][0][0] in OWN_LETTERS]
    theirs = [group for group in groups if group not in ours]
    out = [HEAD, summary("Zeebe's tests", theirs), summary("what must hold", ours), ""]
    for title, _, rows in groups:
        out += [f"## {title}", "", "| row | test, or why there is none | behaviour | result |",
                "|---|---|---|---|", *map(line_of, rows), ""]
    return "\n".join(out)


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


# --- self-test -------------------------------------------------------------------------------------

def report_self_test(cases, findings_of_good):
    """Each case is what is wrong, what is found, and words that a finding has to hold."""
    bad = [f"self-test: does not bite: {what}: {found}" for what, found, want in cases
           if not any(want in finding for finding in found)]
    if findings_of_good:
        bad.append(f"self-test: sound rows are reported: {findings_of_good}")
    for finding in bad:
        print(finding)
    print(f"{len(cases) + 1 - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def self_test():
    good = "group D 1-2 | T\nD1 | both | p | conf_D01_x\nD2 | n/a | why\n"
    source = {"t.c": "static void conf_D01_x(void **state) {\n"}
    runs = lambda program, names, build: {"conf_D01_x [documented]", "conf_D01_x [zeebe-8.6]", "plain"}

    def findings(text, sources=None, runner=runs):
        groups, wrong = parse(text)
        return wrong + check_names(groups, source if sources is None else sources) + \
            check_tests(groups, "", runner)
    cases = [
        ("a code without a row", findings(good.replace("1-2", "1-3")), "no row for D3"),
        ("an unknown code", findings(good + "D9 | n/a | why\n"), "not in the list"),
        ("an unknown profile", findings(good.replace("both", "most")), "not a row"),
        ("a missing test", findings(good + "D2 | any | p | absent\n"), "no such test"),
        ("a profile that fails", findings(good, None, lambda *_: {"conf_D01_x [documented]"}),
         "[zeebe-8.6]"),
        ("a plain test for both", findings(good + "D2 | both | p | plain\n"), "one profile"),
        ("a conf_ test without a row", findings(good, {"t.c": "static void conf_D02_y(void **s) {\n"}),
         "has no row"),
        ("a test of another row", findings(good.replace("D2 | n/a | why", "D2 | both | p | conf_D01_x")),
         "not a test of D2"),
    ]
    return report_self_test(cases, findings(good))


def update_or_compare(path, made, wrong, rows_name):
    """With --update writes the page if nothing is wrong, else adds it to `wrong` if it is an old one."""
    if not wrong and sys.argv[1] == "--update":
        with open(path, "w", encoding="utf-8") as file:
            file.write(made)
    elif read(path) != made:
        wrong.append(f"docs/{os.path.basename(path)} is not what {rows_name} gives: run "
                     f"{os.path.basename(sys.argv[0])} --update BUILD_DIR")


def run_page(doc, own_self_test, make):
    """main of a page: make(BUILD_DIR) gives its name, path, text, rows' file, their number, and what is wrong."""
    if sys.argv[1:] == ["--self-test"]:
        return own_self_test()
    if len(sys.argv) != 3 or sys.argv[1] not in ("--check", "--update"):
        print(doc)
        return 2
    name, path, made, rows_name, count, wrong = make(os.path.abspath(sys.argv[2]))
    update_or_compare(path, made, wrong, rows_name)
    for finding in wrong:
        print(finding)
    print(f"{name}: {count} rows, {len(wrong)} findings")
    return 1 if wrong else 0


def make(build):
    groups, wrong = parse(read(ROWS))
    sources = {os.path.basename(path): read(path) for path in glob.glob(HERE + "/test_*.c")}
    wrong += check_names(groups, sources) + check_tests(groups, build)
    return "conformance", PAGE, page_of(groups), "rows.txt", len(all_rows(groups)), wrong


if __name__ == "__main__":
    sys.exit(run_page(__doc__, self_test, make))
