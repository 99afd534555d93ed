#!/usr/bin/env bash
# errors.sh FILE.csv [SCENARIOS] - how far off the predictions of `gilsim validate --format csv` were, in short: all of a
# file's rows, or those of the scenarios whose names an extended regular expression matches, or with a ! before it does not.
set -euo pipefail
file=$1
scenarios=${2:-.}
matches='~'
[[ $scenarios != '!'* ]] || { matches='!~'; scenarios=${scenarios#!}; }

columns='NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }'
quantiles() { # of the numbers on standard input: count, median, p90, largest, how many are at most a tenth
	sort -g | awk '{ v[NR] = $1; tenth += $1 <= .1 } function q(p,  x, i) { x = 1 + p * (NR - 1); i = int(x); return i < NR ? v[i] + (x - i) * (v[i + 1] - v[i]) : v[NR] }
		END { if (NR) printf "%d | %.1f %% | %.1f %% | %.1f %% | %.0f %%", NR, 100 * q(.5), 100 * q(.9), 100 * v[NR], 100 * tenth / NR; else printf "0 | - | - | - | -" }'
}
errors() { # METRIC CONDITION
	awk -F, "$columns"' $at["metric"] == "'"$1"'" && $at["error_ratio"] != "" && $at["scenario"] '"$matches"' /'"$scenarios"'/ && ('"$2"') {
		e = $at["error_ratio"]; print e < 0 ? -e : e }' "$file"
}
echo "| abs(error) | rows | median | p90 | largest | within 10 % |"
echo "| --- | --- | --- | --- | --- | --- |"
for metric in makespan speedup throughput p50 p99; do
	echo "| $metric | $(errors $metric 1 | quantiles) |"
done
for metric in makespan speedup; do
	echo "| $metric, hard rows | $(errors $metric '$at["hard"] == 1' | quantiles) |"
done
runs() { # METRIC: what one run of a hard row is off by from the median of the others, where that is known
	awk -F, "$columns"' $at["metric"] == "'"$1"'" && $at["hard"] == 1 && $at["scenario"] '"$matches"' /'"$scenarios"'/ {
		if ($at["run_error_ratio"] != "") print $at["run_error_ratio"] }' "$file"
}
if head -n 1 "$file" | grep -qE '(^|,)run_error_ratio(,|$)'; then
	for metric in makespan speedup; do
		echo "| a single run's $metric, hard rows | $(runs $metric | quantiles) |"
	done
fi
awk -F, "$columns"' $at["unit"] == "count" && $at["scenario"] '"$matches"' /'"$scenarios"'/ {
	key = $at["scenario"] FS $at["variant"] FS $at["python"] FS $at["metric"]; exact[key] = $at["predicted"] + 0 == $at["median"] + 0 }
	END { for (key in exact) { rows++; sum += exact[key] } if (rows) printf "| counts | %d | %d exact | | | |\n", rows, sum }' "$file"
head -n 1 "$file" | grep -qE '(^|,)model(,|$)' || exit 0
for model in $(awk -F, "$columns"' { gsub(" ", "_", $at["model"]); print $at["model"] }' "$file" | sort -u); do
	echo "| makespan, ${model//_/ } | $(errors makespan "\$at[\"model\"] == \"$model\" || \$at[\"model\"] == \"${model//_/ }\"" | quantiles) |"
done
