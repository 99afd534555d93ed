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
	"$root/$build/gilsim" run --format json --trace "$into/trace.txt" "$scenario" >"$into/result.json" 2>"$into/stderr" || rc=$?
	if ((rc > 1)); then
		cat "$into/stderr" >&2
		echo "determinism: $build: $scenario ended with status $rc" >&2
		exit 1
	fi
}

compared=0
bytes=0
for scenario in "${scenarios[@]}"; do
	name=$(basename "$scenario" .yaml)
	work=$root/run/$name
	rm -rf "$work"
	run "${builds[0]}" "$scenario" "$work/first"
	run "${builds[0]}" "$scenario" "$work/again"
	for build in "${builds[@]:1}"; do
		run "$build" "$scenario" "$work/$build"
	done
	for other in again "${builds[@]:1}"; do
		for file in result.json trace.txt; do
			if ! cmp "$work/first/$file" "$work/$other/$file"; then
				echo "determinism: $scenario: ${builds[0]} and $other differ in $file; both are kept in $work"
				status=1
			fi
			compared=$((compared + 1))
		done
	done
	bytes=$((bytes + $(cat "$work/first/"{result.json,trace.txt} | wc -c)))
	((status)) || rm -rf "$work"
done
((status)) || echo "determinism: ${#scenarios[@]} scenarios, $compared comparisons of $bytes bytes: equal twice under ${builds[0]}, and under ${builds[*]:1}"
exit "$status"
