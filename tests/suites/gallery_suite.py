#!/usr/bin/env python3
"""The gallery of bad exporters: every mode that `faulty` knows has a scenario, every scenario comes out as it says,
and what the findings say names the exporter.

usage: gallery_suite.py WAGGLE SOURCE_DIR
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SEEDS = "1"
# The hang in real time, and memory in earnest: once is enough, and quickly.
RUN_TIMEOUT = "5s"


def modes(source):
    with open(os.path.join(source, "exporters", "faulty", "faulty_args.c"), encoding="utf-8") as text:
        return set(re.findall(r'^    \{"([a-z-]+)", FAULTY_', text.read(), re.MULTILINE))


def used(folder):
    found = set()
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as text:
            found |= set(re.findall(r"mode: ([a-z-]+)", text.read()))
    return found


def expects_violation(path):
    with open(path, encoding="utf-8") as text:
        return "that: violation" in text.read()


def main():
    waggle, source = (os.path.realpath(argument) for argument in sys.argv[1:3])
    gallery = os.path.join(source, "scenarios", "gallery")
    known, shown = modes(source), used(gallery)
    bad = []
    # "none" is no fault; nondeterminism is for the determinism check (tests/integration); the others stand under
    # another name: export-fails and crashes are shown with all their variants.
    for mode in sorted(known - shown - {"none", "nondeterministic"}):
        bad.append(f"mode {mode}: no scenario in {gallery}")
    for mode in sorted(shown - known):
        bad.append(f"mode {mode}: unknown")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([waggle, "run", gallery, "--seeds", SEEDS, "--format", "json", "--quiet",
                               "--run-timeout", RUN_TIMEOUT, "--out", os.path.join(folder, "out")],
                              capture_output=True, text=True, timeout=550, check=False)
    runs = json.loads(done.stdout)["runs"] if done.stdout else []
    for one in runs:
        name, found = one["scenario"], one["violations"]
        wanted = expects_violation(os.path.join(gallery, name.removeprefix("gallery-") + ".yaml"))
        good = one["verdict"] == "passed" and bool(found) == wanted
        good = good and all(v["blame"] == "plugin" and v["exporter"] for v in found)
        good = good and any(v["exporter"] == "bad" for v in found) == wanted
        print(f"{'ok     ' if good else 'FAILED '} {name}")
        if not good:
            bad.append(f"{name}: {one['verdict']}: {found[:2]} {one.get('error', '')}")
    if len(runs) != len(os.listdir(gallery)):
        bad.append(f"{len(runs)} runs of {len(os.listdir(gallery))} scenarios: {done.stderr[-500:]}")
    for line in bad:
        print(line)
    print(f"{len(runs)} scenarios, {len(known)} modes, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
