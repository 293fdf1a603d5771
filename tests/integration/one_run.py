"""One run of a scenario, and expectations of its result. For the scripts beside it."""
import json
import subprocess
import sys
import tempfile

bad = []


def expect(what, condition):
    if not condition:
        bad.append(what)


def run_of(scenario):
    """The scenario text's run with seed 1, as the JSON result has it. sys.argv[1] is waggle."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/scenario.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(scenario)
        done = subprocess.run([sys.argv[1], "run", path, "--seed", "1", "--quiet", "--format", "json",
                               "--out", folder + "/out"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["runs"][0]


def verdict():
    """Says what was not as expected; returns the exit code."""
    for what in bad:
        print("not so:", what)
    print(f"{len(bad)} failed")
    return 1 if bad else 0
