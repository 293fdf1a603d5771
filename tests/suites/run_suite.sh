#!/bin/sh
# Feeds every scenario_errors/*/input.yaml to `waggle check` and compares what it says with `error`,
# byte for byte. With --update as the second argument it writes `error` instead: look at the diff.
#
# usage: run_suite.sh WAGGLE [--update]
set -u
waggle=$(readlink -f "$1")
cd "$(dirname "$0")/scenario_errors" || exit 2
got=$(mktemp)
trap 'rm -f "$got"' EXIT
total=0
failed=0
for case in */; do
    case=${case%/}
    total=$((total + 1))
    "$waggle" check "$case/input.yaml" >/dev/null 2>"$got"
    status=$?
    if [ "${2:-}" = --update ]; then
        cp "$got" "$case/error"
    fi
    if [ $status -ne 2 ]; then
        echo "FAILED $case: exit $status, not 2"
        failed=$((failed + 1))
    elif ! diff -u "$case/error" "$got"; then
        echo "FAILED $case: other text"
        failed=$((failed + 1))
    fi
done
echo "$((total - failed)) passed, $failed failed"
[ "$total" -gt 0 ] && [ "$failed" -eq 0 ]
