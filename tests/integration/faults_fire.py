#!/usr/bin/env python3
"""Every fault kind of `waggle list --faults` must happen in all-faults*.yaml and show its effect by the
world's own counters; and so must every event that `after:` can wait for, over a few scenarios. A kind
that never fires, or fires without effect, fails. usage: faults_fire.py WAGGLE SOURCE_DIR"""
import json
import os
import subprocess
import sys
import tempfile


def counters(waggle, path, seeds):
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([waggle, "run", path, "--seeds", seeds, "--format", "json", "--quiet",
                               "--out", out], capture_output=True, text=True, check=False)
    total = {}
    for run in json.loads(done.stdout)["runs"]:
        if run["verdict"] != "passed":
            print(f"{path} seed {run['seed']}: {run['verdict']}: {run['violations'][:2]}")
            sys.exit(1)
        for name, value in run["counters"].items():
            total[name] = total.get(name, 0) + value
    return total


def names(waggle, what):
    text = subprocess.run([waggle, "list", what], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in text.split("\n") if line and not line.startswith(" ")]


def main():
    waggle, source = sys.argv[1], sys.argv[2]
    total = counters(waggle, os.path.join(source, "tests", "integration", "all-faults.yaml"), "1..3")
    world = counters(waggle, os.path.join(source, "tests", "integration", "all-faults-world.yaml"), "1..2")
    for name, value in world.items():
        total[name] = total.get(name, 0) + value
    other = counters(waggle, os.path.join(source, "scenarios", "follower-gets-snapshot.yaml"), "1..1")
    syncs = counters(waggle, os.path.join(source, "scenarios", "fsync-errors.yaml"), "1..1")
    other["reached.disk.syncLost"] = syncs.get("reached.disk.syncLost", 0)
    bad = checked = 0
    for fault in names(waggle, "--faults"):
        checked += 1
        fired, effect = total.get(f"fault.fired.{fault}", 0), total.get(f"fault.effect.{fault}", 0)
        if fired == 0 or effect == 0:
            bad += 1
            print(f"{fault}: fired {fired} times, effect counter {effect}")
    for event in names(waggle, "--events"):
        checked += 1
        if total.get(f"reached.{event}", 0) + other.get(f"reached.{event}", 0) == 0:
            bad += 1
            print(f"{event}: never happened")
    print(f"{checked - bad} passed, {bad} failed")
    return 1 if bad or checked < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
