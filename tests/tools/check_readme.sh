#!/usr/bin/env bash
# check_readme.sh GILSIM - run every command of the README as it is written there.
#
# The commands are the lines of its blocks that begin with "gilsim", with or without a prompt, one after the other in one
# folder that has the scenarios and the plots. What measures this machine takes long and is left to the native tests.
set -euo pipefail
gilsim=$(realpath "$1")
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$gilsim" "$work/bin/gilsim"
ln -s "$top/scenarios" "$top/plots" "$work"
export PATH=$work/bin:$PATH GILSIM_DATA=$top/scenarios
cd "$work"
# What a reader has written by the time a command names it.
gilsim new script -o my.yaml
cp my.yaml my-program.yaml

run=0
failed=0
while IFS= read -r command; do
	rc=0
	timeout -s KILL 120 bash -c "$command" >out 2>&1 </dev/null || rc=$?
	run=$((run + 1))
	if ((rc > 1)); then
		echo "README: status $rc: $command"
		tail -n 3 out
		failed=$((failed + 1))
	fi
done < <(awk '/^```/ { inside = !inside; next } inside' "$top/README.md" |
	sed -n 's/^\$ gilsim /gilsim /; /^gilsim /p' | grep -vE '\b(native|validate|calibrate|probe)\b')
echo "README: $run commands, $failed of them fail"
((run > 0 && failed == 0))
