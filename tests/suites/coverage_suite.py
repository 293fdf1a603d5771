#!/usr/bin/env python3
"""Does the suite reach everything that the engine can write? What it can write is read from its
sources: commands from the table of handlers, events from the intents that its files name, rejections
for every command of the table, rejection types, and the states of every kind of element. Scenarios
run with --coverage; what none of them reaches must be in EXCEPTIONS, with the reason.

usage: coverage_suite.py WAGGLE ROOT [--list]"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

WAGGLE, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])

# Folders are run whole, so that new scenarios of a feature count by themselves.
SCENARIOS = ["scenarios/processes", "scenarios/clients-and-workers.yaml",
             "scenarios/back-pressure.yaml", "scenarios/quickstart.yaml"]
SEEDS = "1..2"

# name, or a pattern of names: why no scenario of ours reaches it.
EXCEPTIONS = {
    r"ELEMENT\.(START_EVENT|END_EVENT|BOUNDARY_EVENT|EXCLUSIVE_GATEWAY|PARALLEL_GATEWAY)\.ELEMENT_TERMINAT(ING|ED)":
        "is over in the batch that begins it, so nothing finds it active",
    r"REJECTION\.DEPLOYMENT\.CREATE": "clients deploy sound processes only; unit tests deploy others",
    r"REJECTION\.JOB_BATCH\.ACTIVATE": "workers ask for what can be asked for; unit tests do not",
    r"REJECTION\.PROCESS_INSTANCE_CREATION\.CREATE": "clients create only what is deployed",
    r"REJECTED\.INVALID_ARGUMENT": "no client sends such a command; unit tests do",
    r"REJECTED\.EXCEEDED_BATCH_RECORD_SIZE": "needs results of half a segment; unit tests make them",
    r"REJECTED\.PROCESSING_ERROR|EVENT\.ERROR\.CREATED": "only for a command that fails unexpectedly; unit tests make one fail",
    r"EVENT\.VARIABLE\.UPDATED": "instances set each of their variables once; unit tests set them again",
    r"(COMMAND|REJECTION)\.MESSAGE\.EXPIRE": "since 8.4 messages expire in batches; it is there for older logs",
    r"REJECTION\.(JOB\.RECUR_AFTER_BACKOFF|PROCESS_INSTANCE\.(COMPLETE|TERMINATE)_ELEMENT|"
    r"PROCESS_INSTANCE_BATCH\.\w+|MESSAGE_BATCH\.EXPIRE|COMMAND_DISTRIBUTION\.ACKNOWLEDGE|"
    r"(PROCESS_)?MESSAGE_SUBSCRIPTION\.(DELETE|REJECT))":
        "the engine writes it itself, and the second of two of the same comes seldom; unit tests send it",
}


def is_exception(name):
    return any(re.fullmatch(pattern, name) for pattern in EXCEPTIONS)


def source(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as f:
        return f.read()


def engine_sources(folder):
    return "\n".join(source(os.path.relpath(p, ROOT))
                     for p in sorted(glob.glob(os.path.join(ROOT, "engine", folder, "*.c"))))


def intents():
    """Enumerators of record.h: (value type, intent, is an event)."""
    names = {}
    text = re.sub(r"\\\n", " ", source("engine", "codec", "names.c"))
    for value_type, body in re.findall(r"#define (\w+)_INTENTS ([^\n]+)", text):
        names[value_type] = [(name, kind == "E") for kind, name in re.findall(r"\b([EC])\((\w+)\)", body)]
    found = {}
    for tag, body in re.findall(r"enum wg_intent_(\w+) \{(.*?)\}", source("engine", "include", "waggle", "record.h"), re.S):
        value_type = {"creation": "PROCESS_INSTANCE_CREATION"}.get(tag, tag.upper())
        for enumerator, number in re.findall(r"(WG_\w+) = (\d+)", body):
            name, event = names[value_type][int(number)]
            found[enumerator] = (value_type, name, event)
    return found


def writable():
    """Every name that can be in a coverage table."""
    known, expected = intents(), set()
    processing = engine_sources("processing")
    dispatch = source("engine", "processing", "dispatch.c")
    handled = re.findall(r"\{WG_VT_\w+,\s*(WG_\w+),", dispatch)
    if len(handled) < 10:
        sys.exit("coverage_suite: the table of handlers has another form now")
    for enumerator in handled:
        value_type, name, _ = known[enumerator]
        expected |= {f"COMMAND.{value_type}.{name}", f"REJECTION.{value_type}.{name}"}
    for enumerator, (value_type, name, event) in known.items():
        if event and re.search(rf"\b{enumerator}\b", processing):
            expected.add(f"EVENT.{value_type}.{name}")
    for name in re.findall(r"\bWG_REJECT_(?!NULL)(\w+)\b", processing + engine_sources("stream")):
        expected.add(f"REJECTED.{name}")
    kinds = set(re.findall(r'\[WG_MODEL_\w+\] = \{"(\w+)"', source("engine", "codec", "process_model.c")))
    kinds |= set(re.findall(r'"(MULTI_INSTANCE_BODY)"', processing + source("engine", "codec", "process_model.c")))
    if len(kinds) < 5:
        sys.exit("coverage_suite: the table of elements has another form now")
    for kind in kinds:
        if kind == "SEQUENCE_FLOW":
            expected.add("ELEMENT.SEQUENCE_FLOW.SEQUENCE_FLOW_TAKEN")
            continue
        states = ["ACTIVATING", "ACTIVATED", "COMPLETING", "COMPLETED"]
        if "WG_PI_ELEMENT_TERMINATED" in engine_sources("processing"):
            states += ["TERMINATING", "TERMINATED"]
        expected |= {f"ELEMENT.{kind}.ELEMENT_{state}" for state in states}
    return expected


def reached():
    total = {}
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([WAGGLE, "run", *[os.path.join(ROOT, s) for s in SCENARIOS], "--seeds", SEEDS,
                               "-j", "2", "--coverage", "--format", "json", "--quiet", "--out", out],
                              capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"coverage_suite: the scenarios do not pass ({done.returncode})\n{done.stderr[-2000:]}")
    for run in json.loads(done.stdout)["runs"]:
        for name, count in run.get("coverage", {}).items():
            total[name] = total.get(name, 0) + count
    return total


def main():
    expected, total = writable(), reached()
    missing = sorted(n for n in expected - set(total) if not is_exception(n))
    unknown = sorted(p for p in EXCEPTIONS if not any(re.fullmatch(p, n) for n in expected))
    # Nothing is written that the sources do not show; otherwise the list above is not whole.
    hidden = sorted(set(total) - expected)
    if "--list" in sys.argv:
        for name in sorted(expected):
            print(f"{total.get(name, 0):10} {name}")
    for name in missing:
        print(f"never reached: {name}")
    for name in unknown:
        print(f"an exception for what the engine cannot write: {name}")
    for name in hidden:
        print(f"reached, but not found in the sources: {name}")
    for name in sorted(filter(is_exception, total)):
        print(f"note: reached although it is an exception: {name}")
    print(f"{len(expected)} can be written, {len(expected & set(total))} reached, "
          f"{sum(map(is_exception, expected - set(total)))} excepted, {len(missing)} missing")
    return 1 if missing or unknown or hidden else 0


if __name__ == "__main__":
    sys.exit(main())
