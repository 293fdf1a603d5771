#!/usr/bin/env python3
"""Bad plugins: the exact message, the right exit code, and nothing ran. One good plugin as a control.

usage: plugin_suite.py WAGGLE FIXTURES

FIXTURES is the folder of the shared objects that tests/unit/exporting builds.
"""
import os
import subprocess
import sys
import tempfile

SCENARIO = """apiVersion: waggle/v1alpha1
name: plugin
workload: [{ process: one-task, rate: 5/s, until: 20s }]
exporters: [{ id: mine, %s }]
"""
# exporter, exit code, last line of stderr; FIXTURES stands for the folder, HERE for that of the scenario
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
    ("type: faulty, args: { mode: sometimes }", 2,
     'exporter "mine": configure of faulty failed: mode: unknown value "sometimes"'),
    ("type: recorder, args: { bulks: 3 }", 2, 'exporter "mine": configure of recorder failed: '),
]


def run(waggle, folder, exporter):
    path = os.path.join(folder, "plugin.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(SCENARIO % exporter)
    return subprocess.run([waggle, "run", path, "--seeds", "1", "--quiet"], cwd=folder, capture_output=True, text=True,
                          timeout=120, check=False)


def main():
    waggle, fixtures = (os.path.realpath(argument) for argument in sys.argv[1:3])
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.realpath(folder)
        for exporter, code, message in BAD:
            done = run(waggle, here, exporter.replace("FIXTURES", fixtures))
            line = done.stderr.splitlines()[-1] if done.stderr else ""
            wanted = "waggle: HERE/plugin.yaml: " + message
            got = line.replace(fixtures, "FIXTURES").replace(here, "HERE")
            # Messages that end in a colon and a space go on with the dynamic loader's own words.
            same = got.startswith(wanted) if message.endswith((": ", "(ABI ")) else got == wanted
            ran = done.stdout != "" or os.path.exists(os.path.join(here, "waggle-out"))
            good = done.returncode == code and same and not ran
            print(f"{'ok     ' if good else 'FAILED '} {exporter}")
            if not good:
                print(f"  exit {done.returncode}, not {code}; ran: {ran}\n  {got}\n  {wanted}")
                failed += 1
        done = run(waggle, here, f"path: {fixtures}/libfixture_good.so")
        good = done.returncode in (0, 1) and "runs foreign code" in done.stderr and "1 " in done.stdout
        print(f"{'ok     ' if good else 'FAILED '} a good one runs")
        failed += 0 if good else 1
    print(f"{len(BAD) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
