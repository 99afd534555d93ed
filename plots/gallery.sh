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

# Along an axis: several runs stand for a sweep.
points=()
for workers in 1 2 3 4 5 6 8 10 12 16; do
	run "workers-$workers" --set machine.cores=8 --set "variants.threads-8.workers=$workers" --variant threads-8 --set run.count=96 \
		scenarios/validation/mixed.yaml
	points+=("$work/workers-$workers.json")
done
draw scalability scalability "${points[@]}" --x variants.threads-8.workers
points=()
for cores in 1 2 3 4 6 8; do
	run "cores-$cores" --replications 5 --set "machine.cores=$cores" --set run.count=24 scenarios/validation/oversubscription.yaml
	points+=("$work/cores-$cores.json")
done
draw speedup speedup "${points[@]}" --variant processes --variant pool-3 --variant pool-5 --variant pool-8
points=() grid=()
for rate in 100 200 300 400 500 600 700 800; do
	for workers in 4 8 16 32; do
		run "load-$rate-$workers" --set "run.arrivals.rate=$rate/s" --set "variants.threads.workers=$workers" \
			scenarios/planning/api-server.yaml
		grid+=("$work/load-$rate-$workers.json")
	done
	points+=("$work/load-$rate-16.json")
done
draw load load "${points[@]}" --slo 'p99 < 200ms'
draw heatmap heatmap "${grid[@]}" --x run.arrivals.rate --y variants.threads.workers --metric p99 --slo 'p99 < 200ms'
run backlog --set run.arrivals.for=5s --set run.arrivals.rate=600/s --set variants.threads.workers=16 --trace "$work/backlog.csv" \
	scenarios/planning/api-server.yaml
draw backlog backlog "$work/backlog.csv"

draw validation validation tests/data/validation-*.csv

"$gilsim" report "$work/a1.json" "$work/a1.csv" -o "$gallery/report.html"
echo "$gallery/report.html"
