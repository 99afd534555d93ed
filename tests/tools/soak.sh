#!/usr/bin/env bash
# soak.sh GILSIM SECONDS - a long sweep at flat memory, killed half-way, resumed, and once more resumed when there is
# nothing left to do.
#
# Memory is the resident set, looked at every second; a part lasts for so many looks: one that is stopped for a while is
# not cut short. The first fifth of each part warms up; from then on it may grow by 5 %
# and 4 MiB: what is lost at every point, however little, adds up to more than that over thousands of points.
set -euo pipefail
gilsim=$(realpath "$1")
seconds=$2
export GILSIM_DATA=$PWD/scenarios
folder=$(mktemp -d)
pid=
trap '[[ -z $pid ]] || kill -9 $pid 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

cat >web.yaml <<'END'
name: web
about: requests on threads, in a loop and in processes
machine: {profile: default, cores: 4}
tasks: {page: [{python: exponential(1ms)}, {io: exponential(10ms)}, {allocate: 20KiB}]}
run: {task: page, arrivals: {rate: 120/s, count: 300}}
variants:
  few: {model: thread_pool, workers: 2}
  loop: {model: asyncio}
  workers: {model: server, workers: 2, each: {model: thread_pool, workers: 4}}
END
# 400 points for each length of the wait. Values that are new cost a load of the scenario each, before the first point.
grid() { # LENGTHS
	echo "web.yaml --vary variants.few.workers=1..10 --vary run.arrivals.rate=1/s..40/s --vary tasks.page[1].io=1ms..$1ms"
}

# Runs a sweep for so many seconds (0: to its end), kills it then, and tells how its memory went.
part() { # NAME SECONDS SWEEP...
	local name=$1 most=$2 kilobytes=() status=0
	shift 2
	"$gilsim" sweep "$@" >/dev/null 2>err &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		if ((most > 0 && ${#kilobytes[@]} >= most)); then kill -9 $pid; fi
		kilobytes+=("$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status" 2>/dev/null || true)")
		sleep 1
	done
	wait $pid 2>/dev/null || status=$?
	pid=
	((status == 0 || (most > 0 && status == 137))) || { cat err >&2; echo "soak: status $status" >&2; exit 1; }
	printf '%s\n' "${kilobytes[@]}" | { grep . || true; } | awk -v name="$name" '
		{ kb[NR] = $1 }
		END {
			from = int(NR / 5) + 1
			for (i = 1; i <= NR; i++) {
				if (i <= from && kb[i] > warm) warm = kb[i]
				if (kb[i] > most) most = kb[i]
			}
			printf "soak: %s: %d s, %.1f MiB after the warm-up, %.1f MiB at most\n", name, NR, warm / 1024, most / 1024
			if (NR >= 20 && most > warm * 1.05 + 4096) { print "soak: memory grows"; exit 1 }
		}'
}
points() {
	python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from points").fetchone()[0])' soak.db
}

# How many points a second?
part pace 10 $(grid 100) --db soak.db
pace=$(($(points) / 10 + 1))
rm -f soak.db*
lengths=$((pace * seconds / 400 + 2))
part "first half" $((seconds / 2)) $(grid $lengths) --db soak.db --resume
kept=$(points)
part "resumed" 0 $(grid $lengths) --db soak.db --resume
all=$(points)
((all == 400 * lengths)) || { echo "soak: $all points, expected $((400 * lengths))" >&2; exit 1; }
before=$SECONDS
part "nothing left" 0 $(grid $lengths) --db soak.db --resume --format csv -o all.csv
echo "soak: $all points, $kept of them before a kill; asked again it took $((SECONDS - before)) s and gave $(wc -l <all.csv) lines"
