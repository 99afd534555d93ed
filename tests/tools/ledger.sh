#!/usr/bin/env bash
# ledger.sh suite|random GILSIM [COUNT] - measure how far predictions are off, and keep every row with its machine and date.
#
#   suite   each scenario of scenarios/validation/ on each interpreter
#   random  the first COUNT of `gilsim new --random --native`
#
# What has been measured lies in build/ledger/, a file for each scenario and interpreter, and is not measured again: after ^C or
# kill the next call goes on. Remove that folder to begin anew. All rows go to tests/data/ledger/KIND-DATE-MACHINE.csv; and
# scenarios/ledger.csv, from which `gilsim run` knows its errors, is made anew from all files there.
#
#   LEDGER_PYTHONS  interpreters (default: python3.11 and python3.13; for the suite also a free-threaded build and its twin)
#   LEDGER_REPEAT   rounds (default 5; random: 3)     LEDGER_PROFILE  a calibration (default: the host's own)
#   LEDGER_LIMIT_S  begin no further scenario after so many seconds (default 3600; -1: none, only gather what is there)
#   LEDGER_RUN      a command before each measurement, such as a queue
#   LEDGER_AGAIN=1  measure nothing: predict again, with today's models, whatever has been measured
#
# Other CSV files of `gilsim validate` that are put into build/ledger/KIND/ are gathered with the rest.
set -euo pipefail
kind=$1
gilsim=$(realpath "$2")
count=${3:-200}
cd "$(dirname "$0")/../.."
work=build/ledger/$kind
mkdir -p "$work" tests/data/ledger
repeat=${LEDGER_REPEAT:-$([[ $kind == random ]] && echo 3 || echo 5)}
begin=$SECONDS

# The interpreter of that version in the path, else pyenv's newest. What pyenv has in the path runs only where its version was chosen.
find_python() {
	if "python$1" -c '' 2>/dev/null; then
		command -v "python$1"
	else
		find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/bin/python$1" 2>/dev/null | sort -V | tail -n 1
	fi
}

pythons=()
if [[ -n ${LEDGER_PYTHONS:-} ]]; then
	read -ra pythons <<<"$LEDGER_PYTHONS"
else
	for version in 3.11 3.13; do
		python=$(find_python "$version")
		[[ -z $python ]] || pythons+=("$python")
	done
	if [[ $kind == suite ]]; then
		for python in "$HOME"/.cache/gilsim/python/{ft,gil}/bin/python3.13; do
			[[ ! -x $python ]] || pythons+=("$python")
		done
	fi
fi
((${#pythons[@]})) || { echo "ledger: no interpreter; name some in LEDGER_PYTHONS" >&2; exit 3; }

if [[ $kind == suite ]]; then
	scenarios=(scenarios/validation/*.yaml)
else
	scenarios=()
	for ((seed = 1; seed <= count; seed++)); do
		[[ -s $work/$seed.yaml ]] || "$gilsim" new --random --native --seed "$seed" >"$work/$seed.yaml"
		scenarios+=("$work/$seed.yaml")
	done
fi

# One scenario on one interpreter, into FILE. A build without a GIL is asked for one without, where nothing else is said.
measure() { # SCENARIO PYTHON FILE
	local options=(--repeat "$repeat" --python "$2" --format csv -o "$3.part" --save "${3%.csv}.json")
	[[ -z ${LEDGER_PROFILE:-} ]] || options+=(--profile "$LEDGER_PROFILE")
	if "$2" -c 'import sysconfig, sys; sys.exit(not sysconfig.get_config_var("Py_GIL_DISABLED"))'; then
		options+=(--set python.gil=off)
	fi
	# What cannot be measured at all leaves no rows, and is not tried again either.
	if ! ${LEDGER_RUN:-} "$gilsim" validate "${options[@]}" "$1" >"$3.log" 2>&1 && [[ ! -s $3.part ]]; then
		echo "ledger: $1 on $2: $(tail -n 1 "$3.log")" >&2
		grep -q 'nothing could be measured' "$3.log" && : >"$3"
		return 0
	fi
	mv "$3.part" "$3"
}

if [[ -n ${LEDGER_AGAIN:-} ]]; then
	LEDGER_LIMIT_S=-1
	for saved in "$work"/*.json; do
		"$gilsim" validate --saved "$saved" --format csv -o "${saved%.json}.csv"
	done
fi

done=0
total=$((${#scenarios[@]} * ${#pythons[@]}))
for scenario in "${scenarios[@]}"; do
	for python in "${pythons[@]}"; do
		done=$((done + 1))
		name=$(basename "$scenario" .yaml)
		file=$work/$name.$(sha1sum <<<"$python" | cut -c1-8).csv
		[[ ! -e $file ]] || continue
		if ((SECONDS - begin > ${LEDGER_LIMIT_S:-3600})); then
			echo "ledger: time is up at $done of $total; the next call goes on" >&2
			break 2
		fi
		printf '\rledger: %d of %d: %-40s' "$done" "$total" "$name" >&2
		measure "$scenario" "$python" "$file"
	done
done
echo >&2

# ---- All rows, with machine and date ----
cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | tr -d ',"')
short=$(tr -cs 'A-Za-z0-9\n' '-' <<<"$cpu" | tr 'A-Z' 'a-z' | sed 's/^-//; s/-$//')
files=()
for file in "$work"/*.csv; do
	[[ ! -s $file ]] || files+=("$file")
done
((${#files[@]})) || { echo "ledger: nothing has been measured" >&2; exit 3; }
ledger=tests/data/ledger/$kind-$(date +%F)-$(nproc)core-$short.csv
{
	echo "date,machine,$(head -n 1 "${files[0]}")"
	for file in "${files[@]}"; do
		tail -n +2 "$file" | sed "s|^|$(date -r "$file" +%F),$(nproc) x $cpu,|"
	done
} >"$ledger"
echo "wrote $ledger"

# ---- What `gilsim run` reads ----
columns='NR == 1 || FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }'
awk -F, "$columns"' BEGIN { print "model,steps,python,metric,error_ratio" }
	($at["metric"] == "makespan" || $at["metric"] == "p50") && $at["error_ratio"] != "" {
		printf "%s,%s,%s,%s,%.4f\n", $at["model"], $at["steps"], $at["python"], $at["metric"], $at["error_ratio"] }' \
	tests/data/ledger/*.csv >scenarios/ledger.csv
echo "wrote scenarios/ledger.csv"

# ---- In short ----
echo
tests/tools/errors.sh "$ledger"
