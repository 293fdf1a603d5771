#!/usr/bin/env python3
"""The schema that `waggle schema` writes agrees with the reader: good scenarios pass both, broken ones are refused.

usage: schema_suite.py WAGGLE

Needs python3-jsonschema and python3-yaml. YAML 1.1 types some plain words (`no`, `1:30`) that the reader refuses
anyway, so scenarios are read with strings, integers, floats, booleans and null only.
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Broken files whose mistake no JSON Schema can see, and why.
BEYOND = {
    "bytes": ["alias-bomb", "alias-inside-itself", "alias-unknown", "merge-key", "tag", "duplicate-key", "not-utf8",
              "not-yaml", "second-document", "tab-indent", "too-deep", "too-many-aliases", "utf16", "ambiguous-scalars",
              "ambiguous-name", "args-not-json"],
    "several keys at once": ["from-after-until", "disk-too-small", "more-replicas-than-brokers",
                             "more-replicas-than-given-brokers", "exporter-id-twice",
                             "nothing-happens", "expect-event-of-no-exporter", "expect-answers", "tolerate-without-scope",
                             "fault-target-missing", "fault-target-not-for-this-kind", "fault-target-out-of-range",
                             "fault-groups"],
    "what processes are": ["process-id-twice", "process-unknown", "process-step-called-start", "process-step-id-twice",
                           "process-step-key-of-another", "process-step-of-no-kind", "process-step-of-two-kinds",
                           "process-waits-too-long", "process-with-one-branch",
                           "process-for-each-of-a-timer", "process-boundary-of-two-kinds", "process-errors-alike"],
    "what BPMN files hold": ["process-bpmn-and-steps", "process-bpmn-call-activity", "process-bpmn-circle",
                             "process-bpmn-condition", "process-bpmn-document-type",
                             "process-bpmn-join-of-alternatives", "process-bpmn-missing",
                             "process-bpmn-not-xml", "process-bpmn-task-without-type",
                             "process-bpmn-broken-and-used"],
    "ranges of quantities": ["size-out-of-range"],
    "names inside of args": ["args-unknown-name"],
}


def waggle(binary, *arguments, expect=0):
    done = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{done.stderr}"
    return done.stdout


def load(path):
    with open(path, encoding="utf-8-sig") as file:
        return yaml.safe_load(file)


def good_scenarios():
    patterns = ["scenarios/**/*.yaml", "bench/**/*.yaml", "tests/golden/traces/*.yaml", "tests/integration/*.yaml",
                "tests/suites/scenario_warnings/*/input.yaml"]
    for pattern in patterns:
        yield from sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True))


def check_good(validator, failures):
    count = 0
    for path in good_scenarios():
        document = load(path)
        if not isinstance(document, dict) or "apiVersion" not in document:
            continue
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        if error is not None:
            failures.append(f"{path}: {error.json_path}: {error.message[:300]}")
        count += 1
    return count


def check_bad(validator, failures):
    excused = {name for names in BEYOND.values() for name in names}
    refused = 0
    for folder in sorted(glob.glob(os.path.join(ROOT, "tests/suites/scenario_errors/*/"))):
        name = os.path.basename(folder[:-1])
        if name in excused:
            continue
        try:
            document = load(os.path.join(folder, "input.yaml"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            failures.append(f"{name}: not readable at all, list it as excused: {error}")
            continue
        if validator.is_valid(document):
            failures.append(f"{name}: the reader refuses it, the schema does not")
        refused += 1
    return refused


def check_mutations(validator, failures):
    """One change to a good scenario at a time, so that each refusal has one cause."""
    base = load(os.path.join(ROOT, "scenarios", "quickstart.yaml"))
    assert validator.is_valid(base)
    changes = [
        lambda s: s.update(workloads=[]), lambda s: s.update(apiVersion="waggle/v9"), lambda s: s.pop("name"),
        lambda s: s.update(duration=30), lambda s: s.update(duration="30"), lambda s: s.update(name="a b"),
        lambda s: s["workload"][0].update(rate="20"), lambda s: s["workload"][0].update(process="no task"),
        lambda s: s["exporters"][0].update(type="recorders"), lambda s: s["exporters"][0].update(path="x.so"),
        lambda s: s["exporters"][0].update(args={"bulk": {"size": 0}}), lambda s: s["exporters"][0].pop("id"),
        lambda s: s["exporters"][0].update(args={"bulks": {}}), lambda s: s["faults"][0].update(fault="broker.kil"),
        lambda s: s["faults"][0].pop("at"), lambda s: s["faults"][0].update(after={"event": "role.leader"}),
        lambda s: s["faults"][0].update(target="leader"), lambda s: s["faults"][0].update(probability="2%"),
        lambda s: s["faults"][0].update(target={"leaderOf": 1, "broker": 1}),
        lambda s: s.update(expect=[{"that": "violation", "invariant": "ack-soundness"}]),
        lambda s: s.update(expect=[{"that": "violation", "invariant": "no-such", "because": "x"}]),
        lambda s: s.update(expect=[{"that": "logBytes"}]),
        lambda s: s.update(tolerate=[{"invariant": "liveness", "blame": "sink", "max": 1}]),
        lambda s: s.update(tolerate=[{"invariant": "liveness", "blame": "sink", "max": 21, "reason": "x"}]),
        lambda s: s.update(steps=[{"at": "1m", "do": "backups"}]), lambda s: s.update(steps=[{"do": "rebalance"}]),
        lambda s: s.update(nemesis={"until": "1m", "every": {"mean": "20s"}, "weights": {"broker.kil": 1}}),
        lambda s: s.update(nemesis={"until": "1m", "every": {"mean": "20s"}, "weights": {}}),
        lambda s: s.update(seeds={"ci": 0}), lambda s: s.update(cluster={"disk": {"sizes": "1GiB"}}),
        lambda s: s.update(cluster={"brokers": 0}), lambda s: s.update(cluster={"network": {"latency": {"jitter": "1s"}}}),
    ]
    for number, change in enumerate(changes):
        document = copy.deepcopy(base)
        change(document)
        if validator.is_valid(document):
            failures.append(f"change {number} is not refused: {json.dumps(document)}")
    return len(changes)


def examples(schema):
    """Values that the schema allows, all words among them."""
    for variant in schema.get("anyOf", []):
        yield from examples(variant)
    yield from schema.get("enum", [])
    if schema.get("type") == "integer":
        yield schema.get("minimum", -7)
    elif "KiB" in schema.get("pattern", ""):
        yield "64KiB"
    elif "pattern" in schema:
        yield "1500ms"
    elif schema.get("type") == "array":
        yield [next(examples(schema["items"]), "JOB")]
    elif schema.get("type") == "object":
        for key, value in schema["properties"].items():
            for example in examples(value):
                yield {key: example}


def check_args(binary, schema, failures):
    """What the schema says of built-in exporters' args is what the exporters themselves say."""
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for variant in schema["properties"]["exporters"]["items"]["oneOf"]:
            args = variant["properties"]["args"]
            if "additionalProperties" not in args:
                continue
            for value in examples(args):
                with open(os.path.join(folder, f"{count}.yaml"), "w", encoding="utf-8") as out:
                    json.dump({"apiVersion": "waggle/v1alpha1", "name": f"case-{count}", "duration": "1s",
                               "exporters": [{"id": "x", "type": variant["properties"]["type"]["const"],
                                              "args": value}]}, out)
                count += 1
        done = subprocess.run([binary, "check", folder], capture_output=True, text=True, timeout=120, check=False)
    refused = [line for line in done.stderr.splitlines() if "error[" in line and "has its place" not in line]
    failures.extend(f"documented, but refused: {line}" for line in refused)
    return count


def check_page(binary, failures):
    with open(os.path.join(ROOT, "docs", "SCENARIOS.md"), encoding="utf-8") as file:
        if file.read() != waggle(binary, "schema", "--format", "md"):
            failures.append("docs/SCENARIOS.md is not what `waggle schema --format md` writes; write it anew")


def check_words(schema, failures):
    """Every key has a description that says something."""
    def walk(node, path):
        for key, value in node.get("properties", {}).items():
            if len(value.get("description", "")) < 8:
                failures.append(f"{path}.{key} has no description")
            walk(value, f"{path}.{key}")
        for child in node.get("oneOf", []) + node.get("anyOf", []) + [node[k] for k in ("items",) if k in node]:
            walk(child, path)

    walk(schema, "")


def main():
    binary = os.path.abspath(sys.argv[1])
    failures = []
    schema = json.loads(waggle(binary, "schema"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    good = check_good(validator, failures)
    bad = check_bad(validator, failures)
    changed = check_mutations(validator, failures)
    check_page(binary, failures)
    check_words(schema, failures)
    values = check_args(binary, schema, failures)
    for failure in failures:
        print("FAILED", failure)
    print(f"{good} scenarios accepted, {bad} broken files and {changed} changes refused, "
          f"{values} args tried, {len(failures)} failed")
    return 1 if failures or good < 10 or bad < 30 or values < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
