#!/bin/sh
# Feeds every CASE/input.yaml below scenario_errors (exit 2) and scenario_warnings (exit 0) to
# `waggle check` and compares what it says with CASE/error or CASE/warning, byte for byte. With
# --update as the second argument it writes these instead: look at the diff.
#
# usage: run_suite.sh WAGGLE [--update]
set -u
waggle=$(readlink -f "$1")
update=${2:-}
cd "$(dirname "$0")" || exit 2
here=$(pwd)
got=$(mktemp)
trap 'rm -f "$got"' EXIT
total=0
failed=0

run_case() { # folder, exit code, file with what is expected
    total=$((total + 1))
    "$waggle" check "$1/input.yaml" >/dev/null 2>"$got"
    status=$?
    if [ "$update" = --update ]; then
        cp "$got" "$1/$3"
    fi
    if [ $status -ne "$2" ]; then
        echo "FAILED $1: exit $status, not $2"
        failed=$((failed + 1))
    elif ! diff -u "$1/$3" "$got"; then
        echo "FAILED $1: other text"
        failed=$((failed + 1))
    fi
}

for group in "scenario_errors 2 error" "scenario_warnings 0 warning"; do
    set -- $group
    cd "$here/$1" || exit 2
    for case in */; do
        run_case "${case%/}" "$2" "$3"
    done
done
echo "$((total - failed)) passed, $failed failed"
[ "$total" -gt 40 ] && [ "$failed" -eq 0 ]
