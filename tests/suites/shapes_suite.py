#!/usr/bin/env python3
"""script/shapes: a shape is the same wherever it is drawn, small ones are scenarios that hold all that there
is to draw, a few are run, and a sweep that ends early tells what it has.

usage: shapes_suite.py WAGGLE ROOT"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
WAGGLE, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SHAPES = os.path.join(ROOT, "script", "shapes")
sys.path.insert(0, os.path.join(ROOT, "script", "lib"))
from draw import Draw, text_of  # noqa: E402
from process_bpmn import bpmn_of  # noqa: E402
from small_shapes import draw_small  # noqa: E402

MANY = 250
# What some of MANY shapes must have: kinds of steps and of events at activities, ways of loading a cluster, what
# operators and exporters do.
DRAWN = ["task: ", "user: ", "subprocess: ", "timer: ", "message: ", "parallel: ", "choose: ", "forEach: ",
         "sequential: true", "boundary: ", "interrupting: false", "error: ", "code: ", "bpmn: ", "clients: ", "burst: ",
         "rate: ", "over: ", "retryBackoff: ", "cancels: ", "errors: ", "poison: ", "failures: ", "crash: ", "slow: ",
         "redeploy: ", "deployments: distributed", "variables: ", "messages: ", "flowControl: ", "aimd: ", "append: ",
         "disableExporter", "enableExporter", "initializeFrom: ", "pauseProcessing", "softPauseExporting",
         "pauseExporting", "rebalance", "takeSnapshot", "type: faulty", "type: ndjson", "filter: ", "skipRecords: ",
         "replicationFactor: 7", "partitions: 9", "clockSkew: "]
IN_FILES = ["serviceTask", "userTask", "subProcess", "multiInstanceLoopCharacteristics", "timerEventDefinition",
            "messageEventDefinition", "errorEventDefinition", "parallelGateway", "exclusiveGateway",
            'cancelActivity="false"']


def shapes(*options, **more):
    return subprocess.run([sys.executable, SHAPES, "--waggle", WAGGLE, *options], capture_output=True, text=True,
                          check=False, timeout=600, **more)


def kinds():
    said = subprocess.run([WAGGLE, "list", "--faults"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^(\w+\.\w+) \(", said, re.MULTILINE)


class Drawing(unittest.TestCase):
    def test_numbers_are_the_same_everywhere(self):
        d = Draw(7)
        self.assertEqual([d.below(100) for _ in range(6)], [32, 15, 65, 7, 53, 36])
        d = Draw("7 broker.kill")
        self.assertEqual([d.below(100) for _ in range(3)], [90, 67, 40])

    def test_a_shape_does_not_depend_on_the_process_that_draws_it(self):
        for options in (["--small", "--print", "2"], ["--small", "--print", "9"], ["--print", "2"],
                        ["--with-disk-faults", "--print", "2"]):
            printed = [shapes(*options, env={**os.environ, "PYTHONHASHSEED": seed}) for seed in ("1", "2")]
            self.assertEqual([p.returncode for p in printed], [0, 0], printed[0].stderr)
            self.assertEqual(printed[0].stdout, printed[1].stdout)
            self.assertIn("apiVersion: waggle/v1alpha1", printed[0].stdout)

    def test_a_new_kind_of_fault_moves_no_other(self):
        for number in range(1, 20):
            old, _ = draw_small(number, ["broker.kill", "disk.full"])
            new, _ = draw_small(number, ["broker.kill", "broker.imagined", "disk.full"])
            weights = [shape.pop("nemesis", {}).get("weights", {}) for shape in (old, new)]
            weights[1].pop("broker.imagined", None)
            self.assertEqual((old, weights[0]), (new, weights[1]))

    def test_small_shapes_are_scenarios_and_hold_everything(self):
        texts, files = [], []
        with tempfile.TemporaryDirectory() as folder:
            for number in range(1, MANY + 1):
                shape, processes = draw_small(number, kinds())
                texts.append(text_of(shape))
                for name, text in [(f"{number}.yaml", texts[-1])] + [(n, bpmn_of(p)) for n, p in processes.items()]:
                    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                        f.write(text)
                files += [bpmn_of(p) for p in processes.values()]
            checked = subprocess.run([WAGGLE, "check", folder], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        everything = "\n".join(texts)
        self.assertEqual([what for what in DRAWN + kinds() if what not in everything], [])
        self.assertEqual([what for what in IN_FILES if what not in "\n".join(files)], [])


class Sweeping(unittest.TestCase):
    def test_a_few_hold(self):
        done = shapes("--small", "--shapes", "1..6", "--seeds", "1..2", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^\| 6 \| 12 \| 0 \|")

    def test_a_sweep_ends_with_its_time(self):
        done = shapes("--small", "--shapes", "1..2000", "--seeds", "1..5", "--jobs", "1", "--time-budget", "2s")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("it was ended before all had run", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^\| [1-9]\d* \| [1-9]\d* \| 0 \|")

    def test_an_interrupted_sweep_tells_what_it_has(self):
        with subprocess.Popen([sys.executable, SHAPES, "--waggle", WAGGLE, "--small", "--shapes", "1..2000", "--jobs", "1"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sweep:
            for line in sweep.stderr:
                if line.startswith("..."):
                    break
            time.sleep(0.5)
            sweep.send_signal(signal.SIGINT)
            said, _ = sweep.communicate(timeout=120)
        self.assertIn("it was ended before all had run", said)
        self.assertRegex(said, r"(?m)^\| [1-9]\d* \| [1-9]\d* \| ")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
