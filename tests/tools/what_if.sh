#!/usr/bin/env bash
# what_if.sh GILSIM README.md - write the README's page of each scenarios/what-if/ anew: its title, what its `about` says,
# and the table that `gilsim run` prints. The pages stand between two marks.
set -euo pipefail
gilsim=$(realpath "$1")
readme=$(realpath "$2")
cd "$(dirname "$0")/../.."
export GILSIM_DATA=$PWD/scenarios
pages=$(mktemp)
output=$(mktemp)
trap 'rm -f "$pages" "$output"' EXIT

page() { # NAME TITLE
	local file=scenarios/what-if/$1.yaml
	"$gilsim" run "$file" >"$output"
	{
		printf '#### %s\n\n' "$2"
		sed -n '1 { s/^[^:]*: //; s/^./\u&/; s/$/./; p }' "$output" | fold -s -w 120 | sed 's/ $//'
		printf '\n```\n$ gilsim run %s\n' "$file"
		# The table, and how the tasks ended where not all completed.
		awk 'NR == 2; NR == 3 { table = 1 } /^[*] fastest/ { table = 0 }
			(table && NF) || /^[^ ]*: [0-9]+ completed/ { sub(/ +$/, ""); print }' "$output"
		printf '```\n\n'
	} >>"$pages"
}

page gthread-quota "Workers and threads under a container's quota"
page blocking-endpoint "A blocking endpoint in an asynchronous service"
page limiter-or-connections "Thread limiter against connection pool"
page chunksize "Chunks of a process pool"
page switch-interval "The switch interval"
page to-free-threaded "Moving to a free-threaded build"
page ten-thousand-connections "10,000 connections"
page retry-storm "A retry storm"

awk -v pages="$pages" '
	/^<!-- what-if -->$/ { print; print ""; while ((getline line <pages) > 0) print line; inside = 1; next }
	/^<!-- end of what-if -->$/ { inside = 0 }
	!inside' "$readme" >"$readme.new"
mv "$readme.new" "$readme"
