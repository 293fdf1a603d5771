#!/usr/bin/env python3
"""The numbers of a result fit each other: totals are the sums of their parts (prom-H8).
usage: report_sums.py WAGGLE"""
import sys

from one_run import expect, run_of, verdict

SCENARIO = """apiVersion: waggle/v1alpha1
name: sums
cluster: { brokers: 3, partitions: 2, replicationFactor: 3 }
workload:
  - { process: one-task, rate: 10/s, until: 40s }
exporters:
  - { id: first, type: recorder }
  - { id: second, type: recorder, args: { bulk: { size: 50, delay: 5s } } }
faults:
  - { at: 15s, fault: broker.kill, target: { leaderOf: 1 }, for: 5s }
  - { at: 30s, fault: broker.kill, target: { leaderOf: 2 }, for: 5s }
"""


def main():
    run = run_of(SCENARIO)
    parts, records = run["duplicates"], run["records"]
    expect("the run passes", run["verdict"] == "passed")
    expect("each exporter has a row for each partition",
           sorted((p["exporter"], p["partition"]) for p in parts) ==
           [(e, p) for e in ("first", "second") for p in (1, 2)])
    expect("both exporters repeat something", len({p["exporter"] for p in parts if p["count"] > 0}) == 2)
    expect("duplicates are the sum of their rows", records["duplicates"] == sum(p["count"] for p in parts))
    expect("exported is the sum of what was delivered", records["exported"] == sum(p["delivered"] for p in parts))
    for part in parts:
        what = f"{part['exporter']}, partition {part['partition']}: "
        expect(what + "every duplicate has a cause", sum(part["causes"].values()) == part["count"])
        expect(what + "what came more than once came at least once",
               part["delivered"] - part["count"] == part["accepted"])
    committed = sum(p["accepted"] for p in parts if p["exporter"] == "first")
    expect("an exporter without a filter has every committed record", committed == records["committed"])
    for which in ("peak", "final"):
        expect(f"the log's {which} size is that of the largest replica",
               run["log_bytes"][which] == max(r["log_bytes"][which] for r in run["retention"]))
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
