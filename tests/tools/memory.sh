#!/usr/bin/env bash
# memory.sh OUT [SUITE...] - valgrind over the tests in OUT/tests, and over the gilsim that they start: whatever is read
# before it was written, or used after it was given back. A line a suite, as many side by side as JOBS says.
#
# All suites, properties on few scenarios; interpreters, shells and gnuplot run outside of valgrind. All takes thirty times as
# long, so that tests which measure, or have a limit, fail by the clock: valgrind's reports and crashes count, verdicts are told.
# Leaks are LeakSanitizer's to find (make test VARIANT=san).
set -euo pipefail
out=$1
shift
here=$(cd "$(dirname "$0")/../.." && pwd)
cd "$here"
logs=$out/valgrind
rm -rf "$logs"
mkdir -p "$logs"
export GILSIM_DATA=$here/scenarios XDG_CACHE_HOME=$here/$out/cache GILSIM=$here/$out/gilsim PROPERTY_SEEDS=${PROPERTY_SEEDS:-1-20} logs out

check_suite() { # SUITE
	local reports=$logs/$1 status=0 begin=$SECONDS told
	mkdir -p "$reports"
	valgrind -q --trace-children=yes --trace-children-skip='*python*,*/sh,*/dash,*/bash,*gnuplot*' --error-exitcode=99 \
		--leak-check=no --child-silent-after-fork=no --log-file="$reports/%p" \
		"$out/tests" --jobs 1 --timeout 600 --filter "$1/*" >"$logs/$1.log" 2>&1 || status=$?
	# What is no finding: nothing, or that valgrind itself does not know a call (pidfd_open).
	find "$reports" -type f ! -exec grep -q '^==' {} \; -delete
	told=$(grep -o 'Tested: .*' "$logs/$1.log" | tail -n 1)
	if [[ $told == *'Crashing: 0'* ]]; then status=0; fi
	printf 'valgrind: %-20s %4d s %s\n' "$1" $((SECONDS - begin)) "$told, $(ls "$reports" | wc -l) reports"
	if ((status != 0)) || [[ -n $(ls "$reports") ]]; then
		grep -vE '^\[----\]' "$logs/$1.log" | tail -n 20 >&2
		find "$reports" -type f -exec cat {} + >&2
		return 1
	fi
}
export -f check_suite

suites=("$@")
((${#suites[@]})) || mapfile -t suites < <("$out/tests" --list | sed -nE 's/^([a-z_0-9]+): [0-9]+ tests?.*/\1/p')
if printf '%s\n' "${suites[@]}" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'check_suite {}'; then
	echo "valgrind: no report from ${#suites[@]} suites"
else
	echo "valgrind: reports in $logs/" >&2
	exit 1
fi
