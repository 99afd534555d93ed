#!/usr/bin/env bash
# run_tests.sh OUT - run OUT/tests (Criterion), and fail on any finding of a sanitizer.
#
# Criterion runs each test in a process of its own and reports a leaking one as passed. So Address-
# and LeakSanitizer write their reports into OUT/sanitizer/ instead of standard error, from whatever
# process it happens in (gilsim started by a test included), and a report there fails the run.
# UndefinedBehaviorSanitizer, beside the other, always writes to standard error; it ends the process
# with status 99, which fails the test that it or its gilsim belongs to. Criterion's closing line
# stays the last but for the reports.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"

logs=$here/$out/sanitizer
rm -rf "$logs"
mkdir -p "$logs"
# The tests keep off the user's own calibrations.
export GILSIM_DATA=$here/scenarios XDG_CACHE_HOME=$here/$out/cache GILSIM=$here/$out/gilsim
export ASAN_OPTIONS="detect_leaks=1:exitcode=99:log_path=$logs/asan"
export UBSAN_OPTIONS="print_stacktrace=1:exitcode=99:log_path=$logs/ubsan"
export LSAN_OPTIONS="exitcode=99:log_path=$logs/lsan"

status=0
"$out/tests" --jobs "$(nproc)" || status=$?

shopt -s nullglob
found=("$logs"/*)
if ((${#found[@]})); then
	cat "${found[@]}" >&2
	echo "${#found[@]} sanitizer report(s), kept in $out/sanitizer/" >&2
	status=1
fi
exit "$status"
