#!/usr/bin/env python3
"""Results in JSON hold what Zeebe's exporter director publishes, under Zeebe's names, and the numbers fit
what the run itself counts. usage: exporter_metrics.py WAGGLE"""
import re
import sys

from one_run import expect, run_of, verdict

SCENARIO = """apiVersion: waggle/v1alpha1
name: metrics
cluster: { brokers: 1, partitions: 2, replicationFactor: 1, skipRecords: [3] }
workload:
  - { process: one-task, rate: 5/s, until: 20s }
exporters:
  - { id: wide, type: recorder, args: { filter: { valueTypes: [JOB, PROCESS_INSTANCE] } } }
  - { id: narrow, type: recorder, args: { filter: { valueTypes: [JOB] } } }
"""
NAMES = {"zeebe_exporter_events_total": {"broker", "partition", "action", "valueType"},
         "zeebe_exporter_last_exported_position": {"broker", "exporter", "partition"},
         "zeebe_exporter_last_updated_exported_position": {"broker", "exporter", "partition"},
         "zeebe_exporter_state": {"broker", "partition"}}


def labels(text):
    return dict(re.findall(r'(\w+)="([^"]*)"', text))


def total(metrics, name, **wanted):
    return sum(value for text, value in metrics.items()
               if text.startswith(name + "{") and wanted.items() <= labels(text).items())


def main():
    run = run_of(SCENARIO)
    metrics = run["metrics"]
    expect(f"the run passes: {run['violations'][:1]}", run["verdict"] == "passed")
    for text in metrics:
        name = text.split("{")[0]
        expect(f"{text}: known name and labels", set(labels(text)) == NAMES.get(name))
    for name in NAMES:
        expect(f"{name} is there", total(metrics, name) >= 0 and any(t.startswith(name + "{") for t in metrics))
    events = total(metrics, "zeebe_exporter_events_total")
    expect("each committed record is counted once", events == run["records"]["committed"])
    job = total(metrics, "zeebe_exporter_events_total", action="exported", valueType="JOB")
    instance = total(metrics, "zeebe_exporter_events_total", action="exported", valueType="PROCESS_INSTANCE")
    expect("what no exporter takes is skipped",
           total(metrics, "zeebe_exporter_events_total", action="exported") == job + instance > 0)
    expect("a record counts once, however many exporters take it",
           2 * job + instance == run["records"]["exported"])
    for partition in ("1", "2"):
        exported = total(metrics, "zeebe_exporter_last_exported_position", exporter="wide", partition=partition)
        updated = total(metrics, "zeebe_exporter_last_updated_exported_position", exporter="wide",
                        partition=partition)
        lowest = [r["lowest_exporter_position"] for r in run["retention"] if str(r["partition"]) == partition]
        expect("the gauge of skips and acknowledgements is what is stored", updated == max(lowest))
        expect("union skips do not move the other gauge", 0 < exported <= updated)
        expect("exporting", total(metrics, "zeebe_exporter_state", partition=partition) == 0)
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
