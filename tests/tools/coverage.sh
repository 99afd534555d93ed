#!/usr/bin/env bash
# coverage.sh OUT - how many lines of sim/ and models/ a build with --coverage has run, a line a folder and in all.
set -euo pipefail
out=$1
cd "$(dirname "$0")/../.."

# gcov says "File 'sim/base/region.c'" and then "Lines executed:97.50% of 120".
find "$out/obj/sim" "$out/obj/models" -name '*.gcda' -print0 | xargs -0 -n 50 gcov -n 2>/dev/null |
	awk -F "[':%]" '
		/^File/ { file = $2 }
		/^Lines executed/ && file ~ /^(sim|models)\/.*\.c$/ {
			split($0, words, " of ")
			folder = file; sub(/\/[^\/]*$/, "", folder)
			run[folder] += $2 * words[2] / 100; lines[folder] += words[2]; file = ""
		}
		END {
			for (folder in lines) {
				printf "%-20s %5.1f %% of %d lines\n", folder, 100 * run[folder] / lines[folder], lines[folder]
				run_all += run[folder]; all += lines[folder]
			}
			if (all) printf "%-20s %5.1f %% of %d lines\n", "~all", 100 * run_all / all, all
		}' | sort | sed 's/^~all/all /'
