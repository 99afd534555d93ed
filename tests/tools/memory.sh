#!/usr/bin/env bash
# memory.sh OUT [FILTER] - valgrind over the tests in OUT/tests, and over the gilsim that they start: whatever is read
# before it was written, or used after it was given back, and blocks that nothing points to any more.
#
# Left out are tests of real interpreters, whose figures under valgrind mean nothing, and those that fill memory or wait
# for seconds of processor time on purpose. Criterion's own leaks are not ours; leaks of ours are also LeakSanitizer's to
# find (make test VARIANT=san).
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
filter=${2:-'!(native*|property|allocation|cli*|plan_cli|plot|load_theory|advise|fuzz)/*'}
cd "$here"
logs=$out/valgrind
rm -rf "$logs"
mkdir -p "$logs"
export GILSIM_DATA=$here/scenarios XDG_CACHE_HOME=$here/$out/cache GILSIM=$here/$out/gilsim
status=0
valgrind -q --trace-children=yes --trace-children-skip='*python*,*/sh,*/dash,*/bash,*gnuplot*' --error-exitcode=99 \
	--leak-check=no --child-silent-after-fork=no --log-file="$logs/%p" \
	"$out/tests" --jobs "$(nproc)" --timeout 600 --filter "$filter" >"$out/valgrind.log" 2>&1 || status=$?
grep -vE '^\[----\]' "$out/valgrind.log" | tail -n 20
find "$logs" -size 0 -delete
if [[ -n $(ls "$logs") ]]; then
	cat "$logs"/* >&2
	echo "valgrind: reports in $logs/" >&2
	exit 1
fi
((status == 0)) && echo "valgrind: no report"
exit "$status"
