#!/usr/bin/env python3
"""House rules that a machine can check: who may include whom, banned calls, line and function
length, what the engine library may ask of the outside. `tidy.py SOURCE_DIR [--engine-lib FILE...]`
prints one line per finding and exits 1 if there is any; `tidy.py --self-test` proves that each rule
still bites."""
import os
import re
import subprocess
import sys
import tempfile

STAGES = ["gateway", "logstream", "raft", "journal", "stream", "processing", "state", "snapshot",
          "exporting", "backup"]

# folder -> prefixes of quoted includes it may use (besides its own folder)
MAY_INCLUDE = {
    "engine/include": ["waggle/"],
    "engine/base": ["waggle/", "base/"],
    "engine/seams": ["waggle/", "base/", "seams/"],
    "engine/codec": ["waggle/", "base/", "codec/"],
    **{f"engine/{s}": ["waggle/", "base/", "seams/", "codec/", f"{s}/"] for s in STAGES},
    # the stream processor drives processing: the one pair of stages that meet directly
    "engine/stream": ["waggle/", "base/", "seams/", "codec/", "stream/", "processing/"],
    "engine/partition": ["waggle/", "base/", "seams/", "partition/", "raft/raft.h",
                         "stream/processor.h", "exporting/director.h",
                         "snapshot/snapshot_director.h"],
    "exporters": ["waggle/", "exporters/"],
    "reports": ["reports/"],
    # importers turn foreign dumps into our records
    "reports/import*": ["reports/", "codec/", "waggle/", "base/bytes.h"],
    "sim/kernel": ["base/hash.h", "waggle/ids.h", "sim/kernel/"],
    "sim/world": ["base/", "waggle/", "sim/kernel/", "sim/world/", "exporters/loader/",
                  "codec/record_json.h", "codec/values.h", "sim/scenario/scenario.h"],
    "sim/faults": ["waggle/", "base/hash.h", "sim/kernel/", "sim/world/", "sim/faults/",
                   "sim/scenario/scenario.h", "sim/scenario/trigger_table.h"],
    "sim/workload": ["waggle/", "base/", "codec/", "sim/kernel/", "sim/world/", "sim/workload/",
                     "sim/scenario/scenario.h"],
    # judges share no code with the engine
    "sim/invariants": ["waggle/", "sim/world/facts.h", "sim/world/epoch.h",
                       "sim/invariants/"],
    "sim/scenario": ["waggle/node.h", "waggle/ids.h", "sim/faults/fault_table.h",
                     "sim/kernel/node_set.h", "sim/scenario/",
                     "sim/invariants/judge.h"],
    # a BPMN file is compiled where it is read, so that errors can name its lines
    "sim/scenario/bpmn*": ["sim/scenario/", "codec/process_model.h"],
    "sim/run": ["waggle/", "base/hash.h", "codec/values.h", "seams/log_writer.h", "sim/",
                "reports/result.h"],
    "sim/cli": ["sim/", "reports/", "waggle/"],
    # `record` and `journal` are tools over the formats themselves
    "sim/cli/cmd_record*": ["sim/", "reports/", "waggle/", "codec/", "base/"],
    "sim/cli/cmd_journal*": ["sim/", "reports/", "waggle/", "codec/", "base/", "seams/", "journal/"],
    "sim/cli/journal_*": ["sim/", "reports/", "waggle/", "codec/", "base/", "seams/", "journal/"],
    "sim/cli/record_*": ["sim/", "reports/", "waggle/", "codec/", "base/"],
}

BANNED = ["time", "clock_gettime", "gettimeofday", "rand", "random", "srand", "getrandom", "socket",
          "sleep", "usleep", "nanosleep", "pthread_create", "getenv", "secure_getenv", "qsort",
          "setlocale", "strtok", "gmtime", "localtime"]
# where the outside world is the job: the command itself and what it starts
BAN_EXEMPT = ["sim/cli/", "exporters/faulty/", "exporters/loader/", "bench/", "fuzz/", "tests/"]
ENGINE_BANNED = BANNED + ["malloc", "calloc", "realloc", "free", "fopen", "open", "printf", "fprintf",
                          "snprintf", "abort", "exit"]
DLOPEN_HOME = "exporters/loader/"
MAX_LINE = 120
MAX_FUNCTION = 90

# what the engine may ask of the C library
ENGINE_SYMBOLS = {"memcpy", "memset", "memcmp", "memmove", "strlen", "strcmp", "strncmp", "memchr",
                  "__stack_chk_fail", "__memcpy_chk", "__memset_chk", "__cpu_model",
                  "__cpu_indicator_init", "_GLOBAL_OFFSET_TABLE_", "strchr", "bcmp"}

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def folder_rule(path):
    best = None
    for folder in MAY_INCLUDE:
        prefix = folder[:-1] if folder.endswith("*") else folder + "/"
        if path.startswith(prefix) and (best is None or len(folder) > len(best)):
            best = folder
    return best


def check_includes(path, text, out):
    rule = folder_rule(path)
    if rule is None:
        return
    own = os.path.dirname(path)
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#include "([^"]+)"', line)
        if not m:
            continue
        inc = m.group(1)
        if "/" not in inc or os.path.dirname(inc) == own:
            continue
        if not any(inc.startswith(p) for p in MAY_INCLUDE[rule]):
            out.append(f"{path}:{number}: {rule} must not include {inc}")


def check_bans(path, code, out):
    if any(path.startswith(p) for p in BAN_EXEMPT):
        return
    banned = ENGINE_BANNED if path.startswith("engine/") else BANNED
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(banned) + r")\s*\(")
    for number, line in enumerate(code.split("\n"), 1):
        for m in pattern.finditer(line):
            if path.startswith("engine/") and re.search(r"\(\*\s*$", line[:m.start()]):
                continue  # a function pointer's name
            out.append(f"{path}:{number}: banned call {m.group(1)}()")
    if "dlopen" in code and not path.startswith(DLOPEN_HOME):
        out.append(f"{path}: dlopen belongs to {DLOPEN_HOME}")


def check_lengths(path, text, code, out):
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE:
            out.append(f"{path}:{number}: line of {len(line)} characters")
    if not path.endswith(".c"):
        return
    start = None
    for number, line in enumerate(code.split("\n"), 1):
        if line.endswith("{") and line[:1].isalpha() and "(" in line and start is None:
            start = number
        elif line.startswith("}"):
            if start is not None and number - start > MAX_FUNCTION:
                out.append(f"{path}:{start}: function of {number - start} lines")
            start = None
        elif line.endswith(") {") and line[:1].isspace() and start is None:
            pass


def strip(text):
    blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
    return STRING.sub('""', COMMENT.sub(blank, text))


def check_file(path, text):
    out = []
    code = strip(text)
    check_includes(path, text, out)
    check_bans(path, code, out)
    check_lengths(path, text, code, out)
    return out


def check_engine_symbols(objects):
    defined, undefined = set(), set()
    for obj in objects:
        listing = subprocess.run(["nm", "--portability", obj], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.split("\n"):
            parts = line.split()
            if len(parts) < 2 or line.endswith(":"):
                continue
            (undefined if parts[1] in "Uw" else defined).add(parts[0])
    outside = {s for s in undefined - defined
               if s not in ENGINE_SYMBOLS and not s.startswith(("__asan", "__ubsan", "__gcov", "__tsan", "__sanitizer"))}
    return [f"engine library: references {s}, which is not on the short list" for s in sorted(outside)]


def self_test():
    cases = [
        ("engine/raft/x.c", '#include "journal/journal.h"\n', "must not include"),
        ("engine/raft/x.c", "int f(void) {\n    return rand();\n}\n", "banned call rand"),
        ("engine/raft/x.c", "void *f(void) {\n    return malloc(1);\n}\n", "banned call malloc"),
        ("sim/world/x.c", "long f(void) {\n    return time(0);\n}\n", "banned call time"),
        ("sim/invariants/x.c", '#include "codec/frame.h"\n', "must not include"),
        ("sim/run/x.c", "void f(void) {\n    dlopen(0, 1);\n}\n", "dlopen belongs"),
        ("sim/run/x.c", "int f(int a) {\n" + "    a++;\n" * 95 + "}\n", "function of"),
        ("sim/run/x.c", "/* " + "x" * 130 + " */\n", "line of"),
    ]
    bad = 0
    for path, text, want in cases:
        found = check_file(path, text)
        if not any(want in f for f in found):
            print(f"self-test: rule does not bite: {want!r} on {path}: {found}")
            bad += 1
    clean = check_file("engine/raft/x.c", '#include "raft/raft.h"\n/* time() */\nint f(void) {\n    return 0;\n}\n')
    if clean:
        print(f"self-test: clean file reported: {clean}")
        bad += 1
    with tempfile.TemporaryDirectory() as d:
        src, obj = os.path.join(d, "a.c"), os.path.join(d, "a.o")
        with open(src, "w", encoding="utf-8") as f:
            f.write("int puts(const char *); int f(void); int f(void) { return puts(\"\"); }\n")
        subprocess.run(["gcc", "-c", src, "-o", obj], check=True)
        if not check_engine_symbols([obj]):
            print("self-test: symbol check does not bite")
            bad += 1
    print(f"{len(cases) + 2 - bad} passed, {bad} failed")
    return bad


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    root = sys.argv[1]
    libs = sys.argv[3:] if len(sys.argv) > 3 and sys.argv[2] == "--engine-lib" else []
    findings, files = [], 0
    for top in ["engine", "exporters", "sim", "reports", "fuzz", "bench"]:
        for directory, _, names in sorted(os.walk(os.path.join(root, top))):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    full = os.path.join(directory, name)
                    with open(full, encoding="utf-8") as f:
                        findings += check_file(os.path.relpath(full, root), f.read())
                    files += 1
    if libs:
        findings += check_engine_symbols(libs)
    for finding in findings:
        print(finding)
    print(f"tidy: {files} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
