#!/usr/bin/env bash
# sweep.sh GILSIM POINTS - the same bytes from a sweep however it is cut: into jobs, shards, ranks (where mpirun and a build
# with MPI are, named by GILSIM_MPI), by ^C, and by kill -9 at three moments.
set -euo pipefail
gilsim=$(realpath "$1")
points=$2
export GILSIM_DATA=${GILSIM_DATA:-$PWD/scenarios}
web=$PWD/tests/tools/web.yaml
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cp "$web" web.yaml

grid=(web.yaml --vary variants.few.workers=1..10 --vary "run.arrivals.rate=1/s..$((points / 10))/s")
sweep() { # OUTPUT OPTION...
	"$gilsim" sweep "${grid[@]}" --format "${1##*.}" -o "$@"
}
same() {
	cmp "$1" "$2" || { echo "sweep: $3" >&2; exit 1; }
}

sweep one.csv --jobs 1
sweep one.json --jobs 1
(($(wc -l <one.csv) == 2 * points + 1)) || { echo "sweep: $(wc -l <one.csv) lines" >&2; exit 1; }
sweep two.csv --jobs 2
same one.csv two.csv "other bytes with two jobs"
sweep five.json --jobs 5
same one.json five.json "other bytes with five jobs"

for shard in 1 2 3 4; do
	sweep shard.csv --shard $shard/4 --db shard-$shard.db
done
"$gilsim" merge --format csv -o merged.csv shard-[3124].db
same one.csv merged.csv "four shards merged are another sweep"
"$gilsim" merge --format csv -o merged.csv shard-[123].db 2>message && { echo "sweep: a shard is missing" >&2; exit 1; }
grep -q "points are missing" message

# A kill loses at most what is under way: after three of them, the rest is done.
killed=0
for _ in 1 2 3; do
	"$gilsim" sweep "${grid[@]}" --format csv -o killed.csv --db killed.db --resume --jobs 2 &
	pid=$!
	sleep "0.$((RANDOM % 4 + 1))$((RANDOM % 10))"
	kill -9 $pid 2>/dev/null && killed=$((killed + 1))
	wait $pid 2>/dev/null || true # bash says on standard error that it was killed
done
sweep killed.csv --db killed.db --resume
same one.csv killed.csv "other bytes after $killed kills"
# Nothing is done twice: an eager resume simulates nothing.
sweep killed.csv --db killed.db --resume --jobs 1
same one.csv killed.csv "other bytes after another resume"

# Another sweep's database is refused, and so is one that is there already.
refused() {
	local status=0
	"$gilsim" sweep "$@" >/dev/null 2>message || status=$?
	((status == 2)) || { echo "sweep: status $status, expected 2: $*" >&2; exit 1; }
}
refused web.yaml --vary variants.few.workers=1..10 --db killed.db --resume
grep -q "of another sweep" message
sed -i 's/10ms/11ms/' web.yaml
refused "${grid[@]}" --db killed.db --resume
grep -q "of another sweep" message
refused web.yaml --vary variants.few.workers=1..10 --db killed.db
grep -q "is there already" message
refused web.yaml --vary variants.few.workers=1..10 --db web.yaml --resume
sed -i 's/11ms/10ms/' web.yaml

if [[ -n ${GILSIM_MPI:-} ]]; then
	mpirun --allow-run-as-root --oversubscribe -n 3 "$OLDPWD/$GILSIM_MPI" sweep "${grid[@]}" --format csv \
		-o mpi.csv --db mpi.db
	same one.csv mpi.csv "other bytes from three ranks"
	echo "sweep: the same bytes from three ranks"
fi
echo "sweep: the same bytes of $points points from 1, 2 and 5 jobs, 4 shards, and after $killed kills"
