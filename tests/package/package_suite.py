#!/usr/bin/env python3
"""What an exporter's author gets: installs into an empty folder, looks at what came, compiles header and templates
against the installed tree alone, and runs them through a scenario with faults.

usage: package_suite.py CMAKE BUILD_DIR
"""
import os
import shutil
import subprocess
import sys
import tempfile

FILES = ["bin/waggle", "include/waggle/exporter.h", "share/waggle/template/exporter.c",
         "share/waggle/template/exporter.cpp", "share/waggle/template/scenario.yaml"]
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
# compiler, its standards, a file that is nothing but the header
COMPILERS = [("cc", ["-std=c99", "-std=c11"], "alone.c"), ("clang-14", ["-std=c11"], "alone.c"),
             ("c++", ["-std=c++11", "-std=c++17", "-std=c++20"], "alone.cpp"),
             ("clang++-14", ["-std=c++17"], "alone.cpp")]
# compiler, standard, template
PLUGINS = [("cc", "-std=c11", "exporter.c"), ("clang-14", "-std=c11", "exporter.c"),
           ("c++", "-std=c++17", "exporter.cpp"), ("clang++-14", "-std=c++17", "exporter.cpp")]


class Suite:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, what, good, detail=""):
        print(f"{'ok     ' if good else 'FAILED '} {what}")
        self.passed += good
        self.failed += not good
        if not good and detail:
            print("  " + detail.strip().replace("\n", "\n  "))

    def compiles(self, what, compiler, arguments, folder):
        """False without a verdict when there is no such compiler."""
        if shutil.which(compiler) is None:
            print(f"skipped {what}: no {compiler}")
            self.skipped += 1
            return False
        done = run([compiler, *arguments], folder)
        self.check(what, done.returncode == 0, done.stderr)
        return done.returncode == 0


def run(arguments, folder, **more):
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=300, check=False, **more)


def include_flags(suite, prefix):
    """What pkg-config says, which must be the installed folder; by hand where there is no pkg-config."""
    include = os.path.join(prefix, "include")
    if shutil.which("pkg-config") is None:
        return ["-I" + include]
    found = [folder for folder, _, names in os.walk(prefix) if "waggle-exporter.pc" in names]
    suite.check("pkg-config file is installed once", len(found) == 1, str(found))
    environment = dict(os.environ, PKG_CONFIG_PATH=":".join(found))
    done = run(["pkg-config", "--cflags", "waggle-exporter"], prefix, env=environment)
    flags = done.stdout.split()
    good = len(flags) == 1 and os.path.realpath(flags[0][2:]) == os.path.realpath(include)
    suite.check("pkg-config names the installed header", good, done.stdout + done.stderr)
    return ["-I" + include]


def header_stands_alone(suite, flags, folder):
    for name in ("alone.c", "alone.cpp"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write("#include <waggle/exporter.h>\n#include <waggle/exporter.h>\n")
    for compiler, standards, name in COMPILERS:
        for standard in standards:
            suite.compiles(f"header alone, {compiler} {standard}", compiler,
                           [standard, *STRICT, *flags, "-fsyntax-only", name], folder)


def plugin_passes(suite, prefix, folder, label):
    waggle = os.path.join(prefix, "bin", "waggle")
    done = run([waggle, "run", "scenario.yaml", "--seeds", "2", "--quiet", "--out", "out-" + label], folder)
    good = done.returncode == 0 and done.stdout.splitlines()[-1:] == ["2 passed, 0 failed, 0 skipped"]
    suite.check(f"{label} passes all judges under faults", good, done.stdout + done.stderr)
    with open(os.path.join(folder, "scenario.yaml"), encoding="utf-8") as source:
        text = source.read().replace("batch: 10", "batch: 5000")
    with open(os.path.join(folder, "wrong.yaml"), "w", encoding="utf-8") as out:
        out.write(text)
    done = run([waggle, "run", "wrong.yaml", "--seeds", "1", "--quiet"], folder)
    good = done.returncode == 2 and done.stderr.rstrip().endswith("batch: a number from 1 to 1000 is needed")
    suite.check(f"{label} refuses wrong args in words", good, f"exit {done.returncode}\n{done.stderr}")


def templates_work(suite, prefix, flags, folder):
    template = os.path.join(prefix, "share", "waggle", "template")
    shutil.copy(os.path.join(template, "scenario.yaml"), folder)
    for compiler, standard, name in PLUGINS:
        label = f"{name} by {compiler}"
        arguments = [standard, *STRICT, *flags, "-fPIC", "-shared", os.path.join(template, name), "-o", "libmine.so"]
        if suite.compiles(f"{label} compiles", compiler, arguments, folder):
            plugin_passes(suite, prefix, folder, label.replace(" ", "-"))


def main():
    cmake, build = sys.argv[1], os.path.realpath(sys.argv[2])
    suite = Suite()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.realpath(scratch)
        prefix, work = os.path.join(folder, "prefix"), os.path.join(folder, "work")
        os.mkdir(work)
        done = run([cmake, "--install", build, "--prefix", prefix], folder)
        suite.check("cmake --install", done.returncode == 0, done.stderr)
        for name in FILES:
            suite.check("installs " + name, os.path.isfile(os.path.join(prefix, name)))
        headers = os.listdir(os.path.join(prefix, "include", "waggle"))
        suite.check("installs no other header", headers == ["exporter.h"], str(headers))
        flags = include_flags(suite, prefix)
        header_stands_alone(suite, flags, work)
        templates_work(suite, prefix, flags, work)
    print(f"{suite.passed} passed, {suite.failed} failed, {suite.skipped} skipped")
    return 1 if suite.failed or suite.passed < 15 else 0


if __name__ == "__main__":
    sys.exit(main())
