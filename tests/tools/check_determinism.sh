#!/usr/bin/env bash
# check_determinism.sh MAKE - the same bytes from every build, and nothing in the models that could vary.
#
# (a) The engine's and the models' objects may not refer to a clock, a random source, the
#     environment or threads.
# (b) gcc and clang, each at -O0 and -O3, run every shipped scenario; results (JSON) and traces (text)
#     must be equal byte for byte, and equal again on a second run of the first build. Warnings are errors here.
set -euo pipefail
make=${1:-make}
cd "$(dirname "$0")/../.."
root=build/determinism
mkdir -p "$root"
status=0
builds=(gcc-O0 gcc-O3 clang-O0 clang-O3)

for build in "${builds[@]}"; do
	$make -j"$(nproc)" OUT="$root/$build" CC="${build%-*}" OPTIMISE="-${build#*-}" CFLAGS=-Werror "$root/$build/gilsim" >"$root/$build.log" 2>&1 || {
		cat "$root/$build.log" >&2
		echo "determinism: $build does not build" >&2
		exit 1
	}
done

forbidden='^(s?rand(om)?(48)?(_r)?|[dejlmn]rand48|arc4random.*|getrandom|getentropy|time|times|clock|clock_.*|gettimeofday|timespec_get|nanosleep|usleep|sleep|(secure_)?getenv|pthread_.*|thrd_.*|fork|getpid|gettid|gsl_rng_env_setup)$'
while read -r object; do
	if found=$(nm --undefined-only --format=posix "$object" | awk '{sub(/@.*/, "", $1); print $1}' | grep -E "$forbidden"); then
		echo "$object refers to ${found//$'\n'/, }"
		status=1
	fi
done < <(find "$root/gcc-O0/obj/sim/engine" "$root/gcc-O0/obj/models" -name '*.o' 2>/dev/null | sort)
((status)) || echo "determinism: no clock, random source, environment or thread in the engine and the models"

shopt -s nullglob
scenarios=(scenarios/seeds/*.yaml scenarios/validation/*.yaml scenarios/planning/*.yaml)
export GILSIM_DATA=$PWD/scenarios

# Runs one scenario; its JSON and its trace into a folder. Expectations may fail (status 1): here only bytes count.
run() {
	local build=$1 scenario=$2 into=$3 rc=0
	mkdir -p "$into"
	"$root/$build/gilsim" run --jobs 1 --format json --trace "$into/trace.txt" "$scenario" >"$into/result.json" 2>"$into/stderr" || rc=$?
	if ((rc > 1)); then
		cat "$into/stderr" >&2
		echo "determinism: $build: $scenario ended with status $rc" >&2
		return 1
	fi
}

# Prints how many comparisons of how many bytes were equal; what was not is kept.
compare() {
	local scenario=$1 work compared=0 build other file
	work=$root/run/$(basename "$scenario" .yaml)
	rm -rf "$work"
	run gcc-O0 "$scenario" "$work/first" || return 1
	run gcc-O0 "$scenario" "$work/again" || return 1
	for build in gcc-O3 clang-O0 clang-O3; do
		run $build "$scenario" "$work/$build" || return 1
	done
	for other in again gcc-O3 clang-O0 clang-O3; do
		for file in result.json trace.txt; do
			if ! cmp "$work/first/$file" "$work/$other/$file" >&2; then
				echo "determinism: $scenario: gcc-O0 and $other differ in $file; both are kept in $work" >&2
				return 1
			fi
			compared=$((compared + 1))
		done
	done
	echo "$compared $(cat "$work/first/"{result.json,trace.txt} | wc -c)"
	rm -rf "$work"
}
export -f run compare
export root

printf '%s\n' "${scenarios[@]}" | xargs -P "$(nproc)" -I{} bash -c 'compare "$0"' {} >"$root/compared" || status=1
((status)) || awk -v scenarios=${#scenarios[@]} '{ compared += $1; bytes += $2 } END {
	printf "determinism: %d scenarios, %d comparisons of %d bytes: equal twice under gcc-O0, and under gcc-O3 clang-O0 clang-O3\n",
		scenarios, compared, bytes }' "$root/compared"
exit "$status"
