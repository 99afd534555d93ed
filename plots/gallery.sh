#!/usr/bin/env bash
# gallery.sh GILSIM FOLDER [FORMAT...] - draws every kind of plot from shipped scenarios into FOLDER, and a report.
#
# Formats are svg, png and pdf; all three unless some are named.
set -euo pipefail
gilsim=$(realpath "$1")
gallery=$2
shift 2
formats=("${@:-}")
[[ -n ${formats[0]} ]] || formats=(svg png pdf)
cd "$(dirname "$0")/.."
mkdir -p "$gallery"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# run NAME ARGUMENT... - simulates into $work/NAME.json; expectations do not matter here.
run() {
	local name=$1
	shift
	"$gilsim" run --format json -o "$work/$name.json" "$@" 2>"$work/stderr" || { (($? == 1)) || { cat "$work/stderr" >&2; exit 1; }; }
}

# sweep NAME ARGUMENT... - likewise, a point each.
sweep() {
	local name=$1
	shift
	"$gilsim" sweep --format csv -o "$work/$name.csv" "$@" 2>"$work/stderr" || { (($? == 1)) || { cat "$work/stderr" >&2; exit 1; }; }
}

# draw NAME KIND ARGUMENT... - draws it in each format.
draw() {
	local name=$1
	shift
	for format in "${formats[@]}"; do
		"$gilsim" plot "$@" -o "$gallery/$name.$format"
	done
	echo "$gallery/$name.{$(IFS=,; echo "${formats[*]}")}"
}

# Lanes: who holds the GIL, when.
run a1 --trace "$work/a1.csv" scenarios/seeds/a1-*.yaml
draw timeline-a1 timeline "$work/a1.csv" --variant threads --variant pool --to 120ms
run convoy --trace "$work/convoy.csv" scenarios/validation/convoy-free-core.yaml
draw timeline-convoy timeline "$work/convoy.csv" --variant interval-5ms --from 60ms --to 90ms
run mixed --trace "$work/mixed.csv" scenarios/validation/mixed.yaml
draw timeline-cores timeline "$work/mixed.csv" --lanes core --variant threads-2 --variant threads-8
draw timeline-tasks timeline "$work/mixed.csv" --lanes task --variant threads-8

# Results of one run each.
draw speedup-variants speedup "$work/mixed.json"
draw breakdown breakdown "$work/mixed.json"
draw latency latency "$work/mixed.json" --slo 'p99 < 120ms'
draw waterfall waterfall "$work/mixed.json" --variant threads-4
run explained --explain scenarios/validation/mixed.yaml
draw waterfall-explained waterfall "$work/explained.json" --variant threads-4

# Along axes: sweeps.
sweep workers scenarios/validation/mixed.yaml --variant threads-8 --vary variants.threads-8.workers=1,2,3,4,5,6,8,10,12,16 \
	--set machine.cores=8 --set run.count=96
draw scalability scalability "$work/workers.csv"
"$gilsim" sweep --format json -o "$work/cores.json" scenarios/validation/oversubscription.yaml --vary machine.cores=1,2,3,4,6,8 \
	--replications 5 --set run.count=24
draw speedup speedup "$work/cores.json" --variant processes --variant pool-3 --variant pool-5 --variant pool-8
sweep grid scenarios/planning/api-server.yaml --vary run.arrivals.rate=100/s..800/s:100/s --vary variants.threads.workers=4,8,16,32
draw load load "$work/grid.csv" --slo 'p99 < 200ms'
draw heatmap heatmap "$work/grid.csv" --metric p99 --slo 'p99 < 200ms'
run backlog --set run.arrivals.for=5s --set run.arrivals.rate=600/s --set variants.threads.workers=16 --trace "$work/backlog.csv" \
	scenarios/planning/api-server.yaml
draw backlog backlog "$work/backlog.csv"

# What plan and advise have found.
"$gilsim" plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --vary variants.threads.workers=1..64 --format json -o "$work/plan.json"
draw plan plan "$work/plan.json"
"$gilsim" plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --find rate --format json -o "$work/rate.json"
draw plan-rate plan "$work/rate.json"
"$gilsim" advise scenarios/seeds/c20-*.yaml --format json -o "$work/advice.json"
draw advice advice "$work/advice.json"

draw validation validation tests/data/validation-*.csv

# A page of each kind of result.
"$gilsim" report "$work/a1.json" "$work/a1.csv" -o "$gallery/report.html"
"$gilsim" report "$work/grid.csv" -o "$gallery/report-sweep.html"
"$gilsim" report "$work/plan.json" "$work/rate.json" -o "$gallery/report-plan.html"
"$gilsim" report "$work/advice.json" -o "$gallery/report-advice.html"
"$gilsim" report tests/data/validation-*.csv -o "$gallery/report-validation.html"
echo "$gallery/report*.html"
