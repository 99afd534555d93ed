#!/usr/bin/env bash
# threads.sh GILSIM - a build with ThreadSanitizer, wherever the command runs jobs in parallel; any report fails.
#
# The command itself, because Criterion does not start under ThreadSanitizer. Results must be those of one job.
set -euo pipefail
gilsim=$(realpath "$1")
export GILSIM_DATA=$PWD/scenarios TSAN_OPTIONS="halt_on_error=1 exitcode=66"
web=$PWD/tests/tools/web.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

sed 's/count: 700/count: 300/' "$web" >web.yaml

# Where the kernel places memory more at random than ThreadSanitizer of Debian 12 knows, it does not start otherwise.
clean() {
	local status=0
	setarch --addr-no-randomize "$gilsim" "$@" >out 2>err || status=$?
	if ((status > 1)); then
		cat err >&2
		echo "threads: status $status: gilsim $*" >&2
		exit 1
	fi
}
same() { # what one job gives, from several
	clean "$@" --jobs 1
	mv out one
	for jobs in 2 5; do
		clean "$@" --jobs $jobs
		cmp one out || { echo "threads: $jobs jobs differ: gilsim $*" >&2; exit 1; }
	done
}

grid=(web.yaml --vary variants.few.workers=1..5 --vary run.arrivals.rate=40/s..120/s:20/s)
same sweep "${grid[@]}" --format csv
clean sweep "${grid[@]}" --format csv --jobs 1
mv out one
for shard in 1 2; do
	clean sweep "${grid[@]}" --jobs 2 --shard $shard/2 --db "shard-$shard.db"
done
clean sweep "${grid[@]}" --jobs 2 --format csv --db shard-1.db --shard 1/2 --resume
clean merge --format csv shard-1.db shard-2.db
cmp one out
same run web.yaml --replications 40 --format json
same run web.yaml --replications 40 --precision p99:5% --format csv
same plan web.yaml --slo 'p99 < 60ms' --vary variants.few.workers=1..16 --format json
same advise web.yaml --no-flips --format json
# Jobs that are stopped half-way.
setarch --addr-no-randomize "$gilsim" sweep "${grid[@]}" --replications 500 --jobs 2 >out 2>err &
pid=$!
sleep 2
kill -TERM $pid
status=0
wait $pid || status=$?
((status == 130)) || { cat err >&2; echo "threads: status $status after SIGTERM" >&2; exit 1; }
echo "threads: sweep, merge, run, plan and advise with 1, 2 and 5 jobs: no report, the same bytes"
