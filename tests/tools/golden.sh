#!/usr/bin/env bash
# golden.sh write|compare GILSIM - the traces of the scenarios in tests/golden/, kept beside them.
#
# tests/golden/NAME.yaml is a small scenario, NAME.trace what `gilsim run --trace` says of it.
set -euo pipefail
action=$1
gilsim=$(realpath "$2")
cd "$(dirname "$0")/../golden"
shopt -s nullglob
status=0
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
for scenario in *.yaml; do
	name=${scenario%.yaml}
	rc=0
	"$gilsim" run --format csv --trace "$new/$name.trace" "$scenario" >/dev/null 2>"$new/stderr" || rc=$?
	if ((rc > 1)); then
		cat "$new/stderr" >&2
		echo "golden: $scenario ended with status $rc" >&2
		exit 1
	fi
	if [[ $action == write ]]; then
		cp "$new/$name.trace" "$name.trace"
		echo "wrote tests/golden/$name.trace"
	elif ! diff -u "$name.trace" "$new/$name.trace" | head -n 40; then
		status=1
	fi
done
exit "$status"
