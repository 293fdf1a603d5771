#!/usr/bin/env python3
"""Bad plugins: the exact message, the right exit code, and nothing ran; or, when they are bad later, a finding with
exporter, seed and replay line, and never a crash of waggle. One good plugin as a control.

usage: plugin_suite.py WAGGLE FIXTURES

FIXTURES is the folder of the shared objects that tests/unit/exporting builds.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SCENARIO = """apiVersion: waggle/v1alpha1
name: plugin
cluster: { brokers: 3, partitions: %d, replicationFactor: 3 }
workload: [{ process: one-task, rate: 5/s, until: 20s }]
exporters: [{ id: mine, %s }]
"""
# exporter, exit code, what stderr says; FIXTURES stands for the folder, HERE for that of the scenario
BAD = [
    ("path: ./missing.so", 5, 'exporter "mine": cannot load HERE/missing.so: '),
    ("path: FIXTURES/text.so", 5, 'exporter "mine": cannot load FIXTURES/text.so: '),
    ("path: FIXTURES/torn.so", 5, 'exporter "mine": cannot load FIXTURES/torn.so: '),
    ("path: FIXTURES", 5, 'exporter "mine": cannot load FIXTURES: '),
    ("path: FIXTURES/libfixture_no_symbol.so", 5,
     'exporter "mine": cannot load FIXTURES/libfixture_no_symbol.so: it does not export "waggle_exporter"'),
    ("path: FIXTURES/libfixture_wrong_abi.so", 5,
     'exporter "mine": cannot load FIXTURES/libfixture_wrong_abi.so: built for exporter ABI 99, this host has 0'),
    ("path: FIXTURES/libfixture_small_table.so", 5, 'exporter "mine": cannot load FIXTURES/libfixture_small_table.so: '),
    ("path: FIXTURES/libfixture_no_export.so", 5,
     'exporter "mine": cannot load FIXTURES/libfixture_no_export.so: it has no function "export_record"'),
    ("path: FIXTURES/libfixture_refuses.so", 5,
     'exporter "mine": cannot load FIXTURES/libfixture_refuses.so: it does not work with this host (ABI '),
    ("path: FIXTURES/libfixture_create_fails.so", 5,
     'exporter "mine": cannot create an instance of FIXTURES/libfixture_create_fails.so'),
    ("path: FIXTURES/libfixture_configure_fails.so", 2,
     'exporter "mine": configure of FIXTURES/libfixture_configure_fails.so failed: topic is missing'),
    ("path: FIXTURES/libfixture_configure_crashes.so", 5, "the process died of signal "),
]
SANITIZED = sys.argv[3:] == ["sanitized"]
# exporter, invariant, message
FINDINGS = [
    ("path: FIXTURES/libfixture_bad_memory.so", "plugin-memory",
     r"the process was ended: plugins had taken \d+ MiB while exporter mine was in its export call for position \d+"),
    ("type: faulty, args: { mode: leaks, bytes: 128MiB }", "plugin-memory",
     r"the process was ended: plugins had taken \d+ MiB while exporter mine was in its export call for position \d+"),
    ("path: FIXTURES/libfixture_bad_static.so", "ack-soundness",
     r"exporter mine on broker \d acknowledged \d+ while record \d+ was not durable in its sink"),
    ("path: FIXTURES/libfixture_bad_fork.so", "plugin-contract",
     r"exporter mine on broker \d made a second process with fork\(\)"),
    ("type: faulty, args: { mode: crashes, in: timer }", "plugin-crash",
     r"the process died of signal 6 \(Aborted\) while exporter mine was in its timer call"),
    ("type: faulty, args: { mode: blocks, nth: 30 }", "plugin-hang",
     r"virtual time stood still for 2\.0 s while exporter mine was in its export call for position 30"),
    ("type: faulty, args: { mode: hangs, in: open }", "plugin-hang",
     r"exporter \"mine\" on broker \d never returns from its open call \(record position -1\): .*"),
]


def run(waggle, folder, exporter, partitions=1, more=()):
    path = os.path.join(folder, "plugin.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(SCENARIO % (partitions, exporter))
    return subprocess.run([waggle, "run", path, "--seeds", "1", "--quiet", *more], cwd=folder, capture_output=True,
                          text=True, timeout=120, check=False)


def finding(waggle, folder, exporter, invariant, message):
    """Empty, or what is wrong."""
    # Four partitions on three brokers: two leaders are neighbours. Memory is taken in earnest, which lasts.
    patience = "60s" if invariant == "plugin-memory" else "2s"
    done = run(waggle, folder, exporter, 4, ["--run-timeout", patience, "--format", "json"])
    if done.returncode != 1:
        return f"exit {done.returncode}, not 1\n  {done.stderr[-400:]}"
    one = json.loads(done.stdout)["runs"][0]
    found = [v for v in one["violations"] if v["invariant"] == invariant]
    if not found or found[0]["blame"] != "plugin" or found[0]["exporter"] != "mine":
        return f"no such finding: {one['violations'][:3]}"
    if not re.fullmatch(message, found[0]["message"]):
        return found[0]["message"]
    if any(v["blame"] != "plugin" for v in one["violations"]):
        return f"others are blamed: {[v for v in one['violations'] if v['blame'] != 'plugin'][:2]}"
    replay = f"waggle replay {os.path.join(folder, 'plugin.yaml')} --seed {one['seed']}"
    return "" if one["replay"].endswith(replay) else one["replay"]


def main():
    waggle, fixtures = (os.path.realpath(argument) for argument in sys.argv[1:3])
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.realpath(folder)
        for exporter, code, message in BAD:
            done = run(waggle, here, exporter.replace("FIXTURES", fixtures))
            lines = done.stderr.splitlines() or [""]
            # What is wrong in the file is told with its place; the rest in the last line.
            in_file = message.startswith("error[")
            line = re.sub(r":\d+:\d+: ", ": ", lines[0], count=1) if in_file else lines[-1]
            wanted = ("" if in_file else "waggle: ") + "HERE/plugin.yaml: " + message
            got = line.replace(fixtures, "FIXTURES").replace(here, "HERE")
            # Messages that end in a colon and a space go on with the dynamic loader's own words.
            same = got.startswith(wanted) if message.endswith((": ", "(ABI ", "signal ")) else got == wanted
            ran = done.stdout != "" or os.path.exists(os.path.join(here, "waggle-out"))
            good = done.returncode == code and same and not ran
            print(f"{'ok     ' if good else 'FAILED '} {exporter}")
            if not good:
                print(f"  exit {done.returncode}, not {code}; ran: {ran}\n  {got}\n  {wanted}")
                failed += 1
        for exporter, invariant, message in FINDINGS:
            if SANITIZED and "bad_memory" in exporter:
                print(f"skipped {exporter}: under sanitizers ten gigabytes take minutes to fill")
                continue
            wrong = finding(waggle, here, exporter.replace("FIXTURES", fixtures), invariant, message)
            print(f"{'FAILED ' if wrong else 'ok     '} {invariant}: {exporter}")
            if wrong:
                print("  " + wrong)
                failed += 1
        done = run(waggle, here, f"path: {fixtures}/libfixture_good.so")
        good = done.returncode in (0, 1) and "runs foreign code" in done.stderr and "1 " in done.stdout
        print(f"{'ok     ' if good else 'FAILED '} a good one runs")
        failed += 0 if good else 1
    print(f"{len(BAD) + len(FINDINGS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
