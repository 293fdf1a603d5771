#!/usr/bin/env python3
"""Behaviour of the command: exit codes, what goes to stdout and stderr, and that bad input runs nothing.

usage: cli_suite.py FAKE [REAL]

FAKE is the command over a simulator that does what a scenario's name asks for (fake_run.c), so that crashes and
hangs are certain. REAL is the command itself; without it the cases that need real runs are skipped.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCENARIO = """apiVersion: waggle/v1alpha1
name: %s
workload: [{ process: one-task, rate: 20/s, until: 1m }]
exporters: [{ id: mine, %s }]
"""
CASES = []


def case(function):
    CASES.append(function)
    return function


class Bench:
    """One folder per case, and short ways to run the command in it."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def write(self, name, exporter="type: recorder", file=None, text=None):
        path = os.path.join(self.folder, file or name + ".yaml")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text if text is not None else SCENARIO % (name, exporter))
        return os.path.relpath(path, self.folder)

    def run(self, *arguments, expect=0, timeout=120):
        done = subprocess.run([self.binary, *arguments], cwd=self.folder, capture_output=True, timeout=timeout,
                              check=False)
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == expect, f"exit {done.returncode}, not {expect}\n{out}\n{err}"
        return out, err

    def json(self, *arguments, expect=0):
        out, _ = self.run("run", *arguments, "--format", "json", "--quiet", expect=expect)
        result = json.loads(out)
        assert result["schema"] == "waggle.result/1"
        return result

    def nothing_ran(self):
        assert not os.path.exists(os.path.join(self.folder, "waggle-out"))


@case
def usage_errors_give_2_and_run_nothing(b):
    good = b.write("good")
    for arguments in ([], ["walk"], ["run"], ["run", good, "--speed"], ["run", good, "--seed", "x"],
                      ["run", good, "--seeds", "5..2"], ["run", good, "--seeds", "0"],
                      ["run", good, "--seed", "1", "--seeds", "2"], ["run", good, "--seeds", "2", "--seed", "1"],
                      ["run", good, "--shard", "3/2"],
                      ["run", good, "--shard", "0/2"], ["run", good, "-j", "0"], ["run", good, "--format", "xml"],
                      ["run", good, "--profile", "weekly"], ["run", good, "--time-budget", "9"],
                      ["run", good, "--reporter", "pdf=x"], ["run", good, "--seed"], ["run", "missing.yaml"],
                      ["run", good, "--quiet=yes"], ["replay", good], ["replay", good, good, "--seed", "1"],
                      ["replay", good, "--seed", "1", "--choices", "missing"], ["check"], ["list"],
                      ["version", "now"], ["help", "walk"], ["run", good, "--seed", "99999999999999999999"]):
        out, err = b.run(*arguments, expect=2)
        assert out == "" and err != "", arguments
    b.nothing_ran()


@case
def invalid_scenario_gives_2_with_the_place_and_runs_nothing(b):
    b.write("good")
    b.write("bad", text="apiVersion: waggle/v1alpha1\nname: bad\nworkloads: []\n")
    out, err = b.run("run", ".", expect=2)
    assert out == ""
    assert err.startswith("./bad.yaml:3:1: error[WG0107]: workloads: unknown key\n  workloads: []\n  ^\n"
                          "help: did you mean `workload`?\n"), err
    b.nothing_ran()


@case
def help_and_version_give_0(b):
    for arguments in (["help"], ["help", "run"], ["run", "--help"], ["replay", "-h"], ["version"], ["--version"]):
        out, err = b.run(*arguments)
        assert out != "" and err == "", arguments
    assert "__worker" not in b.run("help")[0]


@case
def nothing_selected_gives_4(b):
    os.mkdir(os.path.join(b.folder, "empty"))
    b.run("run", "empty", expect=4)
    b.run("check", "empty", expect=4)
    b.nothing_ran()


@case
def an_empty_shard_gives_0(b):
    good = b.write("good")
    out, _ = b.run("run", good, "--seed", "1", "--shard", "1/1000000")
    assert out.endswith("\n0 passed, 0 failed, 0 skipped\n"), out


@case
def shards_add_up_to_everything(b):
    b.write("one")
    b.write("two")
    whole = [(r["scenario"], r["seed"]) for r in b.json(".", "--seeds", "20")["runs"]]
    parts = []
    for i in (1, 2, 3):
        parts += [(r["scenario"], r["seed"]) for r in b.json(".", "--seeds", "20", "--shard", f"{i}/3")["runs"]]
    assert len(whole) == 40 and len(set(whole)) == 40
    assert sorted(parts) == sorted(whole)


@case
def the_last_line_has_the_sums_and_the_table_all_columns(b):
    b.write("good")
    b.write("fails")
    out, err = b.run("run", ".", "--seeds", "2", expect=1)
    lines = out.splitlines()
    assert re.split(r" {2,}", lines[0].strip()) == ["scenario", "seeds", "verdict", "virtual time", "x wall",
                                                    "committed", "exported", "duplicates", "log peak / final"]
    assert lines[-1] == "2 passed, 2 failed, 0 skipped"
    replay = re.match(r"  replay: (.*)$", lines[-2])
    assert replay and replay.group(1).startswith(b.binary + " replay ./fails.yaml --seed "), lines[-2]
    assert "two <leaders> & ?" in out, "control characters must not reach a terminal"
    assert "4/4 runs, 2 failed" in err
    again = subprocess.run(replay.group(1), shell=True, cwd=b.folder, capture_output=True, check=False)
    assert again.returncode == 1 and b"election-safety (blame: engine) at 1m01s, partition 1" in again.stdout


@case
def replay_lines_quote_odd_paths(b):
    path = b.write("fails", file="it's $HOME/fails.yaml")
    out, _ = b.run("run", path, "--seed", "4", expect=1)
    line = re.search(r"  replay: (.*)", out).group(1)
    again = subprocess.run(line, shell=True, cwd=b.folder, capture_output=True, check=False)
    assert again.returncode == 1, again


@case
def a_run_directory_says_all_but_times_are_apart(b):
    b.write("good")
    b.write("fails")
    b.run("run", ".", "--seeds", "0..1", "--out", "first/deep", "--quiet", expect=1)
    b.run("run", ".", "--seeds", "0..1", "--out", "second", "--quiet", "-j", "1", expect=1)

    def read(*parts):
        with open(os.path.join(b.folder, *parts), "rb") as file:
            return file.read()

    assert read("first/deep", "results.json") == read("second", "results.json")
    assert read("first/deep", "results.ndjson") == read("second", "results.ndjson")
    assert b"wall_ns" not in read("second", "results.json") and b"wall_ns" in read("second", "timing.json")
    assert b.run("check", "second/scenarios")[0] == "2 scenarios are valid\n"
    assert [s["name"] for s in json.loads(read("second", "waggle-run.json"))["scenarios"]] == ["fails", "good"]
    runs = [json.loads(line) for line in read("second", "results.ndjson").splitlines()]
    failed = [r for r in runs if r["verdict"] == "failed"]
    assert len(runs) == 4 and len(failed) == 2
    for r in failed:
        assert read("second", "runs", "fails", str(r["seed"]), "choices.txt")
    assert not os.path.exists(os.path.join(b.folder, "second", "runs", "good"))


@case
def json_and_ndjson_and_reporters_agree(b):
    b.write("good")
    b.write("fails")
    result = b.json(".", "--seeds", "1", "--reporter", "junit=j.xml", "--reporter", "json=r.json", expect=1)
    first = result["runs"][0]
    assert first["scenario"] == "fails" and re.fullmatch("[0-9a-f]{16}", first["hash"])
    assert first["records"] == {"committed": 100, "exported": 90, "duplicates": 3}
    assert first["violations"][0]["invariant"] == "election-safety" and first["violations"][0]["at_ns"] == 61000000000
    assert "wall_ns" in result["timing"]
    out, _ = b.run("run", ".", "--seeds", "1", "--format", "ndjson", "--quiet", expect=1)
    assert [json.loads(line) for line in out.splitlines()] == result["runs"]
    with open(os.path.join(b.folder, "r.json"), encoding="utf-8") as file:
        assert json.load(file)["runs"] == result["runs"]
    suites = xml.parse(os.path.join(b.folder, "j.xml")).getroot()
    assert suites.tag == "testsuites" and suites.get("tests") == "2" and suites.get("failures") == "1"
    failure = suites.find("./testsuite[@name='fails']/testcase/failure")
    assert failure.get("message") == "two <leaders> & \ufffd" and "replay" in failure.text


@case
def a_seed_of_a_scenario_depends_on_its_name_only(b):
    b.write("one")
    b.write("two", file="other/place.yaml")
    runs = b.json(".", "--seeds", "3")["runs"]
    alone = b.json("other/place.yaml", "--seeds", "1..2")["runs"]
    assert [r["seed"] for r in runs if r["scenario"] == "two"][1:] == [r["seed"] for r in alone]
    assert all(r["seed"] < 2**53 for r in runs)


@case
def two_scenarios_of_one_name_are_refused(b):
    b.write("same", file="a.yaml")
    b.write("same", file="b.yaml")
    _, err = b.run("run", ".", expect=2)
    assert "two scenarios are called same: ./a.yaml and ./b.yaml" in err
    b.nothing_ran()


@case
def a_crash_inside_of_a_plugin_is_a_finding_and_others_go_on(b):
    b.write("crash-in-plugin")
    b.write("good")
    result = b.json(".", "--seeds", "6", "-j", "2", expect=1)
    for r in result["runs"]:
        crashed = r["scenario"] != "good" and r["seed"] % 2 == 1
        assert (r["verdict"] == "failed") == crashed, r
        if crashed:
            violation = r["violations"][0]
            assert violation["invariant"] == "plugin-crash" and violation["blame"] == "plugin"
            assert violation["exporter"] == "mine" and violation["at_ns"] == 5000000000
            assert violation["message"] == ("the process died of signal 6 (Aborted) while exporter mine was in its "
                                            "export call for position 77")
            assert r["replay"].endswith(f" --seed {r['seed']}")


@case
def a_crash_outside_of_plugins_is_an_error_of_ours(b):
    b.write("crash")
    out, _ = b.run("run", ".", "--seed", "1", expect=3)
    assert "ERROR crash, seed 1" in out and "outside of any exporter call" in out
    b.write("exit", file="crash.yaml")
    out, _ = b.run("run", ".", "--seed", "1", expect=3)
    assert "the process ended with code 9" in out


@case
def a_failed_assertion_is_a_violation_with_its_text(b):
    b.write("assertion")
    junit = os.path.join(b.folder, "junit.xml")
    result = b.json(".", "--seed", "3", "--reporter", f"junit={junit}", expect=1)
    r = result["runs"][0]
    said = "engine/raft/raft.c:7: a < b does not hold on broker 1"
    assert r["verdict"] == "failed" and len(r["violations"]) == 1
    v = r["violations"][0]
    assert (v["invariant"], v["blame"], v["message"], v["at_ns"], v["partition"]) == \
        ("assertion", "engine", said, 3000000000, 2), v
    with open(junit, encoding="utf-8") as f:
        assert "assertion" in (text := f.read()) and "engine/raft/raft.c:7: a &#60; b" in text
    out, _ = b.run("run", ".", "--seed", "3", expect=1)
    assert said in out and " replay ./assertion.yaml --seed 3\n" in out, out
    out, _ = b.run("replay", "assertion.yaml", "--seed", "3", expect=1)
    assert said in out


@case
def assertions_may_only_report(b):
    b.write("assertion")
    r = b.json(".", "--seed", "3", "--assertions", "report")["runs"][0]
    assert r["verdict"] == "passed" and r["events"] == 11, r  # 11: the flag came through
    assert r["replay"].endswith("--seed 3 --assertions report"), r
    b.run("replay", "assertion.yaml", "--seed", "3", "--assertions", "report")
    b.run("replay", "assertion.yaml", "--seed", "3", "--assertions", "stop", expect=1)
    _, err = b.run("run", ".", "--seed", "3", "--assertions", "ignore", expect=2)
    assert "--assertions takes stop|report, not ignore: what a failed engine assertion does" in err


@case
def a_hang_is_noticed_by_virtual_time_standing_still(b):
    b.write("hang-in-plugin")
    began = time.monotonic()
    result = b.json(".", "--seed", "3", "--run-timeout", "500ms", expect=1)
    assert time.monotonic() - began < 20
    violation = result["runs"][0]["violations"][0]
    assert violation["invariant"] == "plugin-hang" and violation["blame"] == "plugin"
    b.write("hang", file="hang-in-plugin.yaml")
    b.run("run", ".", "--seed", "3", "--run-timeout", "500ms", expect=3)
    b.write("slow", file="hang-in-plugin.yaml")
    b.run("run", ".", "--seed", "3", "--run-timeout", "700ms")


@case
def non_determinism_gives_3_and_names_the_event(b):
    b.write("nondeterministic")
    out, _ = b.run("run", ".", "--seed", "1", "--twice", expect=3)
    assert "not deterministic" in out and "first diverging event, line 2 of the trace: `1 call 3` or `1 call 4`" in out
    b.write("nondeterministic-fails", file="nondeterministic.yaml")
    out, _ = b.run("run", ".", "--seed", "1", expect=3)
    assert "not deterministic" in out


@case
def foreign_code_is_announced_refused_and_missed(b):
    open(os.path.join(b.folder, "mine.so"), "w", encoding="utf-8").close()
    path = b.write("foreign", exporter="path: ./mine.so")
    real = os.path.realpath(os.path.join(b.folder, "mine.so"))
    _, err = b.run("run", path, "--seed", "1")
    assert f"exporter mine runs foreign code: {real}" in err
    _, err = b.run("run", path, "--seed", "1", "--no-foreign-code", expect=5)
    assert "refused" in err
    os.remove(os.path.join(b.folder, "mine.so"))
    out, err = b.run("run", path, "--seed", "1", "--out", "nowhere", expect=5)
    assert out == "" and "cannot load" in err and not os.path.exists(os.path.join(b.folder, "nowhere"))
    b.run("check", path)


@case
def refused_arguments_of_exporters_give_2_and_run_nothing(b):
    path = b.write("refused")
    out, err = b.run("run", path, expect=2)
    assert out == "" and err == f"waggle: {path}: exporter mine refuses its args\n", err
    b.nothing_ran()


@case
def max_fail_stops_and_the_rest_is_skipped(b):
    b.write("fails")
    out, _ = b.run("run", ".", "--seeds", "30", "--max-fail", "2", "-j", "1", expect=1)
    assert out.endswith("0 passed, 2 failed, 28 skipped\n"), out


@case
def a_time_budget_stops_and_the_rest_is_skipped(b):
    b.write("slow")
    out, _ = b.run("run", ".", "--seeds", "30", "--time-budget", "1s", "-j", "1")
    assert re.search(r"\n1 passed, 0 failed, 29 skipped\n$", out), out


@case
def interrupts_end_with_a_partial_result(b):
    b.write("slow")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = subprocess.Popen([b.binary, "run", ".", "--seeds", "40", "-j", "1", "--format", "json", "--out",
                                    f"out{code}"], cwd=b.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(2.5)
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == code, process.returncode
        verdicts = {r["verdict"] for r in json.loads(out)["runs"]}
        assert verdicts == {"passed", "skipped"}, verdicts
        assert os.path.exists(os.path.join(b.folder, f"out{code}", "results.json"))


@case
def replay_writes_the_trace_before_the_result(b):
    path = b.write("good")
    out, err = b.run("replay", path, "--seed", "7", "--trace")
    assert out.startswith("0 start\n1 call 0\ngood, seed 7: passed\n") and err == "", out
    b.nothing_ran()


@case
def the_result_does_not_mix_with_what_plugins_print(b):
    path = b.write("good")
    out, _ = b.run("run", path, "--seeds", "2", "--format", "ndjson")
    assert [json.loads(line)["verdict"] for line in out.splitlines()] == ["passed", "passed"]


@case
def a_result_that_cannot_be_written_is_no_success(b):
    path = b.write("good")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([b.binary, "run", path, "--seeds", "1", "--quiet"], cwd=b.folder, stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3, done


@case
def real_quickstart_passes_and_is_deterministic(b, real):
    scenario = os.path.join(ROOT, "scenarios", "quickstart.yaml")
    hashes = set()
    for extra in (["-j", "1"], ["-j", "2"], ["--shortcuts", "off"], ["--perturb"], ["--twice"]):
        runs = real.json(scenario, "--seeds", "2", *extra)["runs"]
        assert [r["verdict"] for r in runs] == ["passed", "passed"], runs
        assert runs[0]["records"]["committed"] > 100 and runs[0]["records"]["exported"] > 100
        hashes.add(tuple(r["hash"] for r in runs))
    assert len(hashes) == 1, hashes
    replayed, _ = real.run("replay", scenario, "--seed", str(runs[0]["seed"]), "--format", "json")
    assert json.loads(replayed)["runs"][0]["hash"] == runs[0]["hash"]


@case
def real_run_directories_hold_the_bpmn_files_too(b, real):
    with open(os.path.join(ROOT, "scenarios", "processes", "loan.bpmn"), encoding="utf-8") as model:
        path = b.write("", file="models/loan.bpmn", text=model.read())
    scenario = b.write("", file="loan.yaml", text=SCENARIO.replace("one-task", "loan") % ("loan", "type: recorder") +
                       "processes: [{ bpmn: models/loan.bpmn }]\n")
    run = real.json(scenario, "--seeds", "1", "--out", "kept")["runs"][0]
    os.remove(os.path.join(b.folder, path))
    again, _ = real.run("replay", "kept/scenarios/loan.yaml", "--seed", str(run["seed"]), "--format", "json")
    assert json.loads(again)["runs"][0]["hash"] == run["hash"]


@case
def real_a_pipe_that_nobody_writes_to_is_no_bpmn_file(b, real):
    os.mkfifo(os.path.join(b.folder, "pipe.bpmn"))
    scenario = b.write("", file="pipe.yaml", text=SCENARIO.replace("one-task", "loan") % ("pipe", "type: recorder") +
                       "processes: [{ bpmn: pipe.bpmn }]\n")
    _, err = real.run("check", scenario, expect=2, timeout=20)
    assert "pipe.bpmn" in err, err


@case
def real_scenarios_are_kept_as_they_were_understood(b, real):
    """Of every scenario there is: what a run directory keeps loads, and is kept the same again."""
    for source, out in ((os.path.join(ROOT, "scenarios"), "once"), ("once/scenarios", "twice")):
        real.run("run", source, "--seeds", "1", "--time-budget", "1ms", "-j", "1", "--quiet", "--out", out)
    real.run("check", "once/scenarios")
    names = sorted(os.listdir(os.path.join(b.folder, "once", "scenarios")))
    assert len(names) > 100 and names == sorted(os.listdir(os.path.join(b.folder, "twice", "scenarios")))
    for name in names:
        kept = []
        for out in ("once", "twice"):
            with open(os.path.join(b.folder, out, "scenarios", name), encoding="utf-8") as file:
                kept.append(file.read())
        assert kept[0] == kept[1], name


@case
def real_plugins_that_cannot_be_loaded_give_5_and_run_nothing(b, real):
    with open(os.path.join(b.folder, "text.so"), "w", encoding="utf-8") as out:
        out.write("no shared object\n")
    for path in ("missing.so", "text.so"):
        scenario = b.write("foreign", exporter=f"path: ./{path}")
        out, err = real.run("run", scenario, "--seed", "1", expect=5)
        assert out == "" and path in err, err
    b.nothing_ran()


@case
def what_plugins_forked_is_ended(b):
    """Else whoever reads our stderr would wait for them: communicate() would not come back."""
    for name, code in (("forks", 0), ("forks-session", 0), ("forks-crash-in-plugin", 1), ("forks-session-crash", 3)):
        began = time.monotonic()
        b.write(name, file="forks.yaml")
        out, _ = b.run("run", "forks.yaml", "--seed", "1", expect=code, timeout=30)
        assert time.monotonic() - began < 15, name
        assert "virtual time stood still" not in out, out


@case
def what_others_started_is_left_alone(b):
    """A shell that has become waggle leaves its own children to it."""
    path = b.write("forks-session")
    done = subprocess.run(["sh", "-c", f"sleep 60 >&- 2>&- & echo $! >&2; exec '{b.binary}' run {path} --seed 1 --quiet"],
                          cwd=b.folder, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, done
    os.kill(int(done.stderr), signal.SIGKILL)  # ProcessLookupError, were it gone


@case
def results_are_kept_as_runs_end(b):
    b.write("slow")
    process = subprocess.Popen([b.binary, "run", ".", "--seeds", "40", "-j", "1", "--out", "out", "--quiet"],
                               cwd=b.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = os.path.join(b.folder, "out", "results.ndjson")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (os.path.exists(path) and os.path.getsize(path)):
        time.sleep(0.05)
    process.kill()  # no chance to tidy up
    process.wait()
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines and all(json.loads(line)["verdict"] == "passed" for line in lines), lines


@case
def an_interrupt_counts_more_than_a_failure_and_less_than_an_error(b):
    for name, code in (("fails", 130), ("crash", 3)):
        b.write(name, file="a.yaml")
        b.write("slow", file="b.yaml")
        process = subprocess.Popen([b.binary, "run", "a.yaml", "b.yaml", "--seed", "1", "-j", "1", "--out", name],
                                   cwd=b.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        path = os.path.join(b.folder, name, "results.ndjson")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (os.path.exists(path) and os.path.getsize(path)):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == code, (name, process.returncode)
        assert out.decode().splitlines()[-1] == "0 passed, 1 failed, 1 skipped", out.decode()


@case
def a_run_directory_that_cannot_be_made_gives_2(b):
    good = b.write("good")
    _, err = b.run("run", good, "--out", good + "/inside", "--quiet", expect=2)
    assert "cannot write to the run directory" in err
    _, err = b.run("run", good, "--out", "/proc/nowhere", "--quiet", expect=2)
    assert "cannot write to the run directory" in err


@case
def profiles_take_their_seeds_from_the_scenario(b):
    text = SCENARIO % ("good", "type: recorder") + "seeds: { demo: 2, ci: 5, nightly: 7 }\n"
    b.write("good", text=text)
    for profile, count in ((None, 2), ("demo", 2), ("ci", 5), ("nightly", 7)):
        assert len(b.json(".", *(["--profile", profile] if profile else []))["runs"]) == count, profile


@case
def foreign_code_can_be_refused_in_replay_too(b):
    open(os.path.join(b.folder, "mine.so"), "w", encoding="utf-8").close()
    path = b.write("foreign", exporter="path: ./mine.so")
    b.run("replay", path, "--seed", "1")
    _, err = b.run("replay", path, "--seed", "1", "--no-foreign-code", expect=5)
    assert "is refused as foreign code" in err


@case
def markdown_and_github_reports_are_escaped(b):
    b.write("fails")
    b.write("good")
    summary = os.path.join(b.folder, "summary.md")
    with open(summary, "w", encoding="utf-8") as file:
        file.write("before\n")
    done = subprocess.run([b.binary, "run", ".", "--seeds", "3", "--quiet", "--format", "json", "--reporter", "md=r.md",
                           "--reporter", "github"], cwd=b.folder, capture_output=True, check=False,
                          env={**os.environ, "GITHUB_STEP_SUMMARY": summary})
    assert done.returncode == 1
    runs = json.loads(done.stdout)["runs"]
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith("::")]
    seed = next(r["seed"] for r in runs if r["verdict"] == "failed")
    assert lines == ["::error file=./fails.yaml,line=1,title=fails%3A election-safety::two <leaders> & ?%0A"
                     f"3 failed like this, the first with seed {seed}%0Awaggle replay ./fails.yaml --seed {seed}"], lines
    with open(os.path.join(b.folder, "r.md"), encoding="utf-8") as file:
        page = file.read()
    assert page.startswith("# Waggle: 3 passed, 3 failed, 0 skipped\n\n| scenario | seeds |"), page
    assert "| fails | 0/3 | FAILED |" in page and "two &#60;leaders&#62; &#38;  \n" in page, page
    assert f"```sh\nwaggle replay ./fails.yaml --seed {seed}\n```\n" in page
    with open(summary, encoding="utf-8") as file:
        assert file.read() == "before\n" + page
    out, err = b.run("run", ".", "--seed", "1", "--quiet", "--reporter", "md=/proc/nowhere", expect=2)
    assert "cannot write /proc/nowhere" in err and out == "", out  # before anything ran
    for bad in ("md", "md=", "github=x", "junit", "pdf=x"):
        b.run("run", ".", "--reporter", bad, expect=2)


@case
def explain_knows_every_word(b):
    for word, wanted in (("WG0107", "no such key here"), ("wg0112", "duration: 30s"), ("disk.full", "(fault)"),
                         ("export-order", "(invariant)"), ("cluster.disk", "writePerKiB"), ("liveness", "- Blame: "),
                         ("role.leader", "(event)"), ("faulty", "mendAfter"), ("expect", "duplicates.ratio"),
                         ("faults.target.leaderOf", "1 to 1000"), ("tolerate.max", "1 to 20"),
                         ("last-ack-wins", "(quirk of Zeebe 8.6)")):
        out, err = b.run("explain", word)
        assert wanted in out and err == "", (word, out)
    _, err = b.run("explain", "export-oder", expect=2)
    assert "did you mean export-order?" in err
    for arguments in (["explain"], ["explain", "a", "b"], ["explain", "WG9999"], ["explain", "WG"],
                      ["explain", "completely-unknown"]):
        b.run(*arguments, expect=2)
    codes = re.findall(r"^(WG\d{4}) ", b.run("list", "--errors")[0], re.M)
    assert len(codes) > 20
    for code in codes:
        out, _ = b.run("explain", code)
        assert "Wrong:\n\n    " in out and "Right:\n\n    " in out, code
    quirks = re.findall(r"^([a-z][a-z-]+)$", b.run("list", "--quirks")[0], re.M)
    assert len(quirks) > 20 and "last-ack-wins" in quirks
    for quirk in quirks:
        assert "(quirk of Zeebe 8.6)" in b.run("explain", quirk)[0], quirk
    names = re.findall(r"^([a-z][a-z-]+)$", b.run("list", "--invariants")[0], re.M)
    assert len(names) > 20 and "plugin-crash" in names and "id" not in names
    for name in names:
        assert len(b.run("explain", name)[0]) > 60, name


@case
def lists_tell_arguments_with_defaults(b):
    out, _ = b.run("list", "--exporters")
    assert "recorder\n" in out and "  bulk.size: Records that are flushed together. (a whole number; default 1)\n" in out
    out, _ = b.run("list", "--faults")
    assert "network.loss" in out and "  probability: a percentage, " in out


@case
def init_writes_a_scenario_that_runs_and_overwrites_nothing(b):
    out, _ = b.run("init")
    assert out.endswith("next: waggle run scenario.yaml\n")
    b.run("check", "scenario.yaml")
    b.run("run", "scenario.yaml", "--seeds", "1", "--quiet")
    with open(os.path.join(b.folder, "scenario.yaml"), encoding="utf-8") as file:
        before = file.read()
    _, err = b.run("init", "scenario.yaml", expect=2)
    assert "is there already; nothing was written" in err
    with open(os.path.join(b.folder, "scenario.yaml"), encoding="utf-8") as file:
        assert file.read() == before and before.count("#") > 5
    b.run("init", "other.yaml")
    b.run("init", "missing/other.yaml", expect=2)
    b.run("init", "a", "b", expect=2)


@case
def doctor_looks_at_the_machine(b):
    out, _ = b.run("doctor")
    lines = out.splitlines()
    assert all(re.match(r"(ok  |warn|FAIL)  \S", line) for line in lines[:-1]), out
    assert re.fullmatch(r"\d+ ok, \d+ warnings, 0 failed", lines[-1]) and len(lines) > 8
    b.run("doctor", "now", expect=2)
    limited = subprocess.run(["sh", "-c", f"ulimit -n 64; exec '{b.binary}' doctor"], cwd=b.folder, capture_output=True,
                             check=False)
    assert limited.returncode == 1 and b"FAIL  files" in limited.stdout, limited


@case
def diff_says_what_changed(b):
    b.write("good")
    b.write("other")
    b.run("run", ".", "--seeds", "2", "--out", "one", "--quiet")
    b.run("run", ".", "--seeds", "2", "--out", "same", "--quiet")
    out, _ = b.run("diff", "one", "same")
    assert out == "4 same, 0 changed (0 with another verdict), 0 gone, 0 new\n", out
    b.run("diff", "one/results.json", "same")
    path = os.path.join(b.folder, "same", "results.json")
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    run = result["runs"][0]
    run["hash"], run["records"]["duplicates"] = "0" * 15 + "1", 5
    run["counters"]["client.requests"] = 3
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)
    out, _ = b.run("diff", "one", "same")
    assert re.search(r"good, seed \d+\n  hash: [0-9a-f]{16} -> 0{15}1\n  duplicates: 3 -> 5\n"
                     r"  client.requests: 0 -> 3\n3 same, 1 changed \(0 with", out), out
    run["verdict"] = "failed"
    run["violations"] = [{"invariant": "keys", "blame": "engine", "at_ns": 1, "partition": 1, "exporter": None,
                          "message": "m", "expected": False}]
    gone = result["runs"].pop()
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file)
    out, _ = b.run("diff", "one", "same", expect=1)
    assert "  verdict: passed -> failed\n" in out and "  violations of keys: 0 -> 1\n" in out, out
    assert f"{gone['scenario']}, seed {gone['seed']}\n  only in the first: passed\n" in out
    out, _ = b.run("diff", "same", "one", expect=1)
    assert "1 new\n" in out


@case
def diff_is_strict_about_what_it_reads(b):
    b.write("good")
    b.run("run", ".", "--seeds", "2", "--out", "one", "--quiet")
    with open(os.path.join(b.folder, "one", "results.json"), encoding="utf-8") as file:
        text = file.read()
    first = json.loads(text)["runs"][0]
    for number, bad in enumerate((text.replace("waggle.result/1", "waggle.result/2"), text[:-20], "[]", "{}",
                                  text.replace('"runs"', '"run"'), text.replace('"passed"', '"fine"'),
                                  text.replace(first["hash"], "12"), text.replace('"counters"', '"count"'),
                                  json.dumps({**json.loads(text), "runs": [first, first]}),
                                  json.dumps({**json.loads(text), "runs": [{**first, "violations": [{}]}]}))):
        with open(os.path.join(b.folder, "bad.json"), "w", encoding="utf-8") as file:
            file.write(bad)
        out, err = b.run("diff", "one", "bad.json", expect=2)
        assert out == "" and "bad.json" in err, (number, err)
    for arguments in (["one"], ["one", "one", "one"], ["one", "missing"], []):
        b.run("diff", *arguments, expect=2)


@case
def every_command_has_help_that_names_its_options(b):
    names = re.findall(r"^  waggle (\S+)", b.run("help")[0], re.M)
    assert {"run", "replay", "diff", "init", "check", "list", "explain", "schema", "doctor", "version"} <= set(names)
    for name in names:
        out, _ = b.run("help", name)
        assert out.startswith(f"waggle {name}") and out == b.run(name, "--help")[0]


@case
def tolerated_violations_are_shown_and_hide_no_others(b, real):
    base = """apiVersion: waggle/v1alpha1
name: tolerant
workload: [{ process: one-task, rate: 1/s, until: 5s }]
exporters: [{ id: mine, type: recorder }]
expect: [{ that: reached, event: broker.restart, because: "it does not" }]
%s"""
    b.write("tolerant", text=base % "")
    real.json(".", "--seeds", "1", expect=1)
    b.write("tolerant", text=base % "tolerate: [{ invariant: expectation, blame: configuration, max: 1, "
                                    "reason: \"known: #12\" }]\n")
    runs = real.json(".", "--seeds", "2")["runs"]
    assert [r["verdict"] for r in runs] == ["passed", "passed"]
    assert [v["tolerated"] for r in runs for v in r["violations"]] == ["known: #12"] * 2
    out, _ = real.run("run", ".", "--seeds", "2", "--quiet")
    assert "tolerated in tolerant: 2 of expectation in 2 runs: known: #12\n2 passed, 0 failed" in out, out
    b.write("tolerant", text=base % "tolerate: [{ invariant: expectation, blame: sink, max: 1, reason: other }]\n")
    real.json(".", "--seeds", "1", expect=1)
    one = '{ that: reached, event: broker.restart, because: "it does not" }'
    two = (base % "").replace(one, one + ", " + one)
    b.write("tolerant", text=two + "tolerate: [{ invariant: expectation, blame: configuration, max: 1, reason: x }]\n")
    run = real.json(".", "--seeds", "1", expect=1)["runs"][0]
    assert len(run["violations"]) == 3 and not any(v["tolerated"] for v in run["violations"]), run
    assert "2 violations of expectation, at most 1 are tolerated" in run["violations"][2]["message"]


@case
def timelines_tell_the_short_story(b, real):
    good = b.write("good", text=(SCENARIO % ("good", "type: recorder")).replace("1m }", "5s }"))
    bad = b.write("bad", text=(SCENARIO % ("bad", "type: recorder")).replace("1m }", "5s }")
                  + "faults: [{ at: 2s, fault: broker.kill, target: { broker: 1 }, for: 1s }]\n"
                  + "expect: [{ that: logBytes, max: 1B }]\n")
    real.run("run", good, bad, "--seed", "1", "--out", "some", "--quiet", expect=1)
    real.run("run", good, bad, "--seed", "1", "--out", "every", "--timelines", "all", "--quiet", expect=1)

    def read(*parts):
        with open(os.path.join(b.folder, *parts), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    assert not os.path.exists(os.path.join(b.folder, "some/runs/good"))
    story = read("some/runs/bad/1/timeline.ndjson")
    assert story == read("every/runs/bad/1/timeline.ndjson") and len(read("every/runs/good/1/timeline.ndjson")) > 5
    kinds = [line["kind"] for line in story]
    assert {"phase", "role", "broker.start", "broker.end", "fault.begin", "fault.end", "violation"} <= set(kinds), kinds
    kill = story[kinds.index("fault.begin")]
    assert kill == {"at_ns": 2000000000, "kind": "fault.begin", "fault": "broker.kill", "number": 1, "broker": 1}, kill


@case
def args_of_built_in_exporters_are_refused_with_their_place(b, real):
    path = b.write("args", exporter="type: faulty, args: { mode: sometimes }")
    for arguments in (["check", path], ["run", path], ["replay", path, "--seed", "1"]):
        out, err = real.run(*arguments, expect=2)
        assert out == "" and err.startswith(
            'args.yaml:4:53: error[WG0122]: exporters[0].args.mode: faulty refuses it: unknown value "sometimes"\n'), err
    b.nothing_ran()


def main():
    fake = os.path.abspath(sys.argv[1])
    real = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 and os.path.exists(sys.argv[2]) else None
    failed = skipped = 0
    for function in CASES:
        needs_real = function.__code__.co_argcount == 2
        if needs_real and real is None:
            print(f"skipped {function.__name__}: no real binary")
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            arguments = [Bench(fake, folder)] + ([Bench(real, folder)] if needs_real else [])
            try:
                function(*arguments)
                print(f"ok      {function.__name__}")
            except (AssertionError, subprocess.TimeoutExpired, ValueError) as error:
                print(f"FAILED  {function.__name__}: {error}")
                failed += 1
    print(f"{len(CASES) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
