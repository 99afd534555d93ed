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
"$out/tests" --jobs "$(nproc)" 2>&1 | tee "$out/tests.log" || status=$?

# Criterion's own runner loses 48 bytes now and then when tests with time limits run side by side. A report of which
# every frame but the allocator's is in Criterion's library is about that; one of ours has frames of ours.
is_criterions_own() {
	grep -q 'LeakSanitizer: detected memory leaks' "$1" &&
		! grep -E '^ +#[1-9][0-9]* ' "$1" | grep -qv 'libcriterion'
}

# Once a process that has coroutines of its own (sim/native_c/c_loop.c), whether or not anything is found.
is_a_caution() {
	! grep -qv "WARNING: ASan doesn't fully support makecontext/swapcontext functions" "$1"
}

shopt -s nullglob
for report in "$logs"/*; do
	if is_a_caution "$report"; then
		rm "$report"
		continue
	fi
	if is_criterions_own "$report"; then
		echo "left aside: a leak of Criterion's own runner" >&2
		rm "$report"
		# With it the runner ends with the sanitizer's status; what it says of the tests stands.
		if ((status == 99)) && grep -q 'Failing: 0 | Crashing: 0' "$out/tests.log"; then status=0; fi
	fi
done
found=("$logs"/*)
if ((${#found[@]})); then
	cat "${found[@]}" >&2
	echo "${#found[@]} sanitizer report(s), kept in $out/sanitizer/" >&2
	status=1
fi
exit "$status"
