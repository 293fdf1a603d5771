#!/usr/bin/env python3
"""The scenarios under `behaviour: zeebe-8.6`, one seed each. What they violate then is known: KNOWN lists it, with
the quirk that is the cause. A violation that is not listed is new, one that is listed and does not come is gone;
both fail. Scenarios with a nemesis are left out: what they meet depends on the seed.

usage: behaviour_suite.py WAGGLE ROOT [--show]"""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

import yaml

WAGGLE, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])

# Scenario: what it violates under zeebe-8.6, what it may violate besides (that hangs on the order of events), and the
# quirks that are the cause (docs/FIDELITY.md). `expectation` is what the scenario itself expects.
KNOWN = {
    "exporter-disabled-over-failovers":
        ({"configuration-fidelity", "exporter-lifecycle"}, {"retention"},
         ["close-acknowledgement-revives-row", "broadcast-revives-disabled", "disable-closes-unopened"]),
    "exporter-initialised-from-another":
        ({"export-at-least-once", "exporter-lifecycle"}, {"liveness", "ack-soundness", "configuration-fidelity"},
         ["enabled-copy-misses-in-flight", "disable-closes-unopened"]),
    "exporter-leaves-the-configuration":
        ({"configuration-fidelity"}, {"retention"},
         ["returned-exporter-stays-disabled", "broadcast-revives-disabled"]),
    "exporting-paused-over-failovers":
        ({"giving-up"}, set(), ["pause-file-not-truncated"]),  # camunda/camunda#55838
    "failover-with-export-lag":
        ({"liveness", "expectation"}, {"retention"}, ["full-disk-stops-replay"]),
    "management-requests":
        ({"expectation", "exporter-lifecycle"}, {"configuration-fidelity"},
         ["exporting-always-answers-ok", "disable-closes-unopened"]),
    "old-process-still-runs":
        ({"log-matching"},
         {"ack-soundness", "client-model", "committed-durable", "committed-stable", "expectation", "export-committed",
          "export-at-least-once", "giving-up", "leader-append-only", "single-vote", "liveness", "durable-log",
          "positions", "keys", "once", "replay-equal", "recovery", "election-safety", "duplicates"},
         ["lock-accepts-same-node"]),
    "stuck-exporter-disabled":
        ({"exporter-lifecycle"}, {"configuration-fidelity"}, ["disable-closes-unopened"]),
}


def scenarios():
    for path in sorted(glob.glob(os.path.join(ROOT, "scenarios", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            scenario = yaml.safe_load(file)
        if "nemesis" not in scenario:
            yield path, scenario


def main():
    folder = tempfile.mkdtemp()
    try:
        for path, scenario in scenarios():
            scenario.setdefault("cluster", {})["behaviour"] = "zeebe-8.6"
            with open(os.path.join(folder, os.path.basename(path)), "w", encoding="utf-8") as file:
                json.dump(scenario, file)
        done = subprocess.run([WAGGLE, "run", folder, "--seeds", "1", "--format", "json", "--quiet",
                               "--out", os.path.join(folder, "out")],
                              stdout=subprocess.PIPE, check=False, timeout=900)
        runs = json.loads(done.stdout)["runs"]
    finally:
        shutil.rmtree(folder)
    with open(os.path.join(ROOT, "docs", "FIDELITY.md"), encoding="utf-8") as file:
        page = file.read()
    failed = sum(f"\n| `{quirk}` |" not in page for _, _, quirks in KNOWN.values() for quirk in quirks)
    failed += len(set(KNOWN) - {run["scenario"] for run in runs})
    for run in runs:
        found = {v["invariant"] for v in run["violations"] if not v["expected"] and v["tolerated"] is None}
        found |= {"error"} if run["verdict"] == "error" else set()
        known, possible, _ = KNOWN.get(run["scenario"], (set(), set(), []))
        if "--show" in sys.argv and found:
            print(run["scenario"], sorted(found), [v["message"] for v in run["violations"]][:3])
        for invariant in sorted(found - known - possible):
            print(f"{run['scenario']}: {invariant} is violated under zeebe-8.6, which is new")
        for invariant in sorted(known - found):
            print(f"{run['scenario']}: {invariant} is not violated under zeebe-8.6 any more")
        failed += not known <= found <= known | possible
    print(f"{len(runs) - failed} passed, {failed} failed")
    return 0 if failed == 0 and len(runs) > 35 else 1


if __name__ == "__main__":
    sys.exit(main())
