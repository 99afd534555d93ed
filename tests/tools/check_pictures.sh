#!/usr/bin/env bash
# check_pictures.sh GILSIM WORK - opens traces in speedscope and reports in headless Chromium (view.mjs).
#
# Needs chromium, node and npm, and npm's registry for two packages of fixed versions, which are kept in
# WORK/modules. Where one of them is missing it says so and that this check is left out, with status 0.
set -euo pipefail
gilsim=$(realpath "$1")
work=$(mkdir -p "$2" && realpath "$2")
cd "$(dirname "$0")/../.."
packages=(speedscope@1.25.0 puppeteer-core@24.43.1)

left_out() {
	echo "check-pictures is left out: $1" >&2
	exit 0
}

export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
[[ -x $CHROMIUM ]] || left_out "no chromium (Debian: apt-get install chromium)"
command -v node >/dev/null || left_out "no node (Debian: apt-get install nodejs npm)"
if [[ ! -e $work/modules/installed || $(<"$work/modules/installed") != "${packages[*]}" ]]; then
	command -v npm >/dev/null || left_out "no npm (Debian: apt-get install npm)"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/modules" "${packages[@]}" >"$work/npm.log" 2>&1 ||
		left_out "npm cannot install ${packages[*]}: $(tail -n 1 "$work/npm.log")"
	echo "${packages[*]}" >"$work/modules/installed"
fi

# simulated NAME COMMAND ARGUMENT... - its JSON; whether expectations hold does not matter here.
simulated() {
	local name=$1
	shift
	"$gilsim" "$@" --format json -o "$work/$name.json" 2>"$work/stderr" || { (($? == 1)) || { cat "$work/stderr" >&2; exit 1; }; }
}

# report NAME INPUT... - a page of that result and what belongs to it.
report() {
	local name=$1
	shift
	"$gilsim" report "$work/$name.json" "$@" -o "$work/$name.html"
	views+=("$work/$name.html=$work/$name.json")
}
views=()

# Traces: threads and processes; messages between processes; tasks that overlap on an event loop; a native run.
for scenario in scenarios/seeds/a1-cpu-count scenarios/seeds/c8-process-queues scenarios/seeds/b17-async-queue; do
	name=trace-$(basename "$scenario")
	simulated run-of-it run --trace "$work/$name.json" $scenario*.yaml
	views+=("$work/$name.json")
done
cat >"$work/naps.yaml" <<'YAML'
name: naps
machine: {cores: 1}
tasks: {nap: [{io: 4ms}, {python: 1ms}]}
run: {task: nap, count: 12}
variants: {sequential: {model: sequential}, pool: {model: thread_pool, workers: 3}}
YAML
"$gilsim" native --profile default --repeat 1 --trace "$work/trace-native.json" "$work/naps.yaml" >/dev/null 2>&1
views+=("$work/trace-native.json")
# Predicted beside measured: messages, who holds the GIL.
cat >"$work/queue.yaml" <<'YAML'
name: queue
machine: {cores: 2}
resources: {items: {kind: queue, size: 2}}
tasks:
  main: [{spawn: produce}, {spawn: {task: consume, count: 2}}, {join: all}]
  produce: [{repeat: 20, do: [{python: 1ms}, {put: items}]}]
  consume: [{repeat: 10, do: [{get: items}, {python: 2ms}]}]
variants: {threads: {model: program, spawn: thread}, processes: {model: program, spawn: process}}
YAML
"$gilsim" validate --profile default --repeat 1 --trace "$work/trace-both.json" "$work/queue.yaml" >/dev/null 2>&1 || (($? == 1))
views+=("$work/trace-both.json")

# A run with more slices than anybody looks at one by one; a server's; a sweep, plans, advice, a validation.
simulated run run --trace "$work/run.csv" scenarios/validation/mixed.yaml
report run "$work/run.csv"
simulated long run --variant interval-5ms --trace "$work/long.csv" scenarios/validation/convoy-free-core.yaml --set 'tasks.reader[0].repeat=1500'
report long "$work/long.csv"
simulated server run scenarios/what-if/gthread-quota.yaml
report server
simulated sweep sweep scenarios/planning/api-server.yaml --vary run.arrivals.rate=100/s..700/s:200/s \
	--vary variants.threads.workers=4..32:14 --set run.arrivals.for=3s
report sweep
simulated cores sweep scenarios/validation/oversubscription.yaml --vary machine.cores=1..8:log
report cores
simulated plan plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --vary variants.threads.workers=1..64 \
	--set run.arrivals.for=5s
report plan
simulated rates plan scenarios/planning/api-server.yaml --slo 'p99 < 60ms' --find rate --set run.arrivals.for=5s
report rates
simulated advice advise scenarios/seeds/c20-*.yaml
report advice
simulated validation validate --profile default --repeat 1 "$work/naps.yaml"
report validation

node tests/tools/view.mjs "$work/modules" "${views[@]}"
