#!/usr/bin/env python3
"""Golden traces of the whole cluster: what the engine claims in a small scenario, line for line.
Only the claims that tell the story are kept (roles, transitions, snapshots, compaction, exporter
starts, the first and last position of each export run). `golden_traces.py WAGGLE` compares,
`--update` rewrites the expected files after a change that was meant."""
import os
import re
import subprocess
import sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "traces")
STORY = {"ROLE", "VOTE", "TRANSITION", "DIRECTOR", "EXPORTER_START", "SNAPSHOT", "SNAPSHOT_RECEIVED",
         "SNAPSHOT_SEND", "COMPACT", "LOG_RESET", "TRUNCATE", "REPLAY_DONE", "PARTITION_FAILED"}
FACTS = {"BROKER_START", "BROKER_END", "FAULT_BEGIN", "FAULT_END", "PHASE"}
LINE = re.compile(r"\[\s*(\d+\.\d+)\] ([.!]) (?:n(\d+) )?(?:p(\d+) )?([A-Z_]+) (.*)")


def story(trace):
    lines, exported = [], None

    def flush():
        nonlocal exported
        if exported is not None:
            lines.append(f"[{exported[1]}] n{exported[0]} exported {exported[2]} to {exported[3]}")
            exported = None

    for line in trace.split("\n"):
        m = LINE.match(line)
        if not m:
            continue
        at, sort, node, _, kind, rest = m.groups()
        if kind == "PLUGIN_CALL":
            numbers = rest.split()
            if numbers[2] == "3":  # an export call; the last number is the position
                position = int(numbers[3])
                if exported is not None and exported[0] == node and position == exported[3] + 1:
                    exported[3] = position
                else:
                    flush()
                    exported = [node, at, position, position]
        elif (sort == "." and kind in STORY) or (sort == "!" and kind in FACTS):
            flush()
            lines.append(f"[{at}] {'n' + node + ' ' if node else ''}{kind} {rest}")
    flush()
    return "\n".join(lines) + "\n"


def main():
    update = "--update" in sys.argv
    waggle = [a for a in sys.argv[1:] if not a.startswith("--")][0]
    failed = total = 0
    for name in sorted(os.listdir(HERE)):
        if not name.endswith(".yaml"):
            continue
        total += 1
        path = os.path.join(HERE, name)
        done = subprocess.run([waggle, "replay", path, "--seed", "1", "--trace"], capture_output=True,
                              text=True, check=False)
        got = story(done.stdout)
        expected_path = path[:-5] + ".trace"
        if done.returncode != 0:
            print(f"{name}: exit {done.returncode}: {done.stderr[-400:]}")
            failed += 1
            continue
        if update:
            with open(expected_path, "w", encoding="utf-8") as f:
                f.write(got)
            continue
        with open(expected_path, encoding="utf-8") as f:
            expected = f.read()
        if got != expected:
            failed += 1
            for i, (a, b) in enumerate(zip(expected.split("\n"), got.split("\n"))):
                if a != b:
                    print(f"{name}: line {i + 1}:\n  expected {a}\n  got      {b}")
                    break
            else:
                print(f"{name}: lengths differ: {len(expected)} and {len(got)} characters")
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
