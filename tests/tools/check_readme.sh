#!/usr/bin/env bash
# check_readme.sh GILSIM [MEASURE] - run every command of the README as it is written there.
#
# The commands are the lines of its blocks that begin with "gilsim", with or without a prompt, or with "cp", one after the
# other in one folder that has the scenarios and the plots. What measures this machine takes minutes and needs the interpreters
# that the README names: it is run where MEASURE is 1.
set -euo pipefail
gilsim=$(realpath "$1")
measure=${2:-0}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$gilsim" "$work/bin/gilsim"
ln -s "$top/scenarios" "$top/plots" "$work"
export PATH=$work/bin:$PATH GILSIM_DATA=$top/scenarios XDG_CACHE_HOME=$work/cache
cd "$work"
# What a reader has written by the time a command names it.
gilsim new script -o my.yaml
cp my.yaml my-program.yaml

run=0
failed=0
# A line of a block is a command, or belongs to a file that the block's first line names: "# NAME.yaml" is a new one, with
# ", at its end" it goes on.
while IFS=$'\t' read -r what text; do
	case $what in
	new) : >"$text" ;;
	line) printf '%s\n' "${text#*	}" >>"${text%%	*}" ;;
	run)
		rc=0
		timeout -s KILL $((measure ? 600 : 120)) bash -c "$text" >out 2>&1 </dev/null || rc=$?
		run=$((run + 1))
		# 1: an expectation does not hold; 4: `compare` cannot tell.
		if ((rc > 1 && rc != 4)); then
			echo "README: status $rc: $text"
			tail -n 3 out
			failed=$((failed + 1))
		fi
		;;
	esac
done < <(awk -v measure="$measure" '
	/^```/ { inside = !inside; file = ""; first = 1; next }
	!inside { next }
	first && /^# [a-z-]+\.yaml/ {
		file = $2; sub(/,$/, "", file); first = 0
		if (!/at its end/) print "new\t" file
		next
	}
	{ first = 0; sub(/^\$ gilsim /, "gilsim ") }
	file { print "line\t" file "\t" $0 }
	!measure && /(^|[|] *)gilsim (native|validate|calibrate|probe) / { next }
	/^(gilsim|cp) / { print "run\t" $0 }' "$top/README.md")
echo "README: $run commands, $failed of them fail"
((run > 0 && failed == 0))
