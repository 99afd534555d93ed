#!/usr/bin/env bash
# instructions.sh check|write BENCH - how many instructions an operation takes, as valgrind counts them: the same on an
# idle machine and on a busy one.
#
# `BENCH --count NAME N` does N operations. What 2 N take more than N is N operations without the program's start.
# tests/data/instructions.csv keeps the counts, with the compiler that they are of: another one's differ.
set -euo pipefail
action=$1
bench=$(realpath "$2")
cd "$(dirname "$0")/../.."
kept=tests/data/instructions.csv
compiler="gcc $(gcc -dumpfullversion)"
allowed_percent=3
# A name, and how many operations.
counted=(hold 20000 mm1 20000 threaded-server 1500)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

instructions_of() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" --count "$1" "$2" 2>"$work/report" || {
		cat "$work/report" >&2
		exit 3
	}
	sed -n 's/.*Collected : *//p' "$work/report"
}

per_operation() {
	local once twice
	once=$(instructions_of "$1" "$2")
	twice=$(instructions_of "$1" $((2 * $2)))
	echo $(((twice - once + $2 / 2) / $2))
}

echo "name,instructions,compiler" >"$work/new"
for ((i = 0; i < ${#counted[@]}; i += 2)); do
	echo "${counted[i]},$(per_operation "${counted[i]}" "${counted[i + 1]}"),$compiler" >>"$work/new"
done
if [[ $action == write ]]; then
	cp "$work/new" "$kept"
	cat "$kept"
	exit 0
fi

status=0
while IFS=, read -r name was its_compiler; do
	is=$(sed -n "s/^$name,\([0-9]*\),.*/\1/p" "$work/new")
	if [[ $its_compiler != "$compiler" ]]; then
		echo "instructions: $name: $is by $compiler; $was by $its_compiler cannot be compared with that"
	elif ((100 * is > (100 + allowed_percent) * was)); then
		echo "instructions: $name: $is an operation, $was before: more than $allowed_percent % above it" >&2
		echo "instructions: find out why, or 'make instructions' and give the reason in the commit" >&2
		status=1
	else
		echo "instructions: $name: $is an operation, $was before"
	fi
done < <(tail -n +2 "$kept")
exit "$status"
