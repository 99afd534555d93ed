#!/usr/bin/env bash
# check_calibrate.sh GILSIM [PYTHON] - two calibrations in a row agree: not more of their parameters differ beyond their spreads
# than chance lets differ, and each takes no longer than CALIBRATE_LIMIT_S (default 120). Wants a calm machine.
set -euo pipefail
gilsim=$(realpath "$1")
python=${2:-python3}
limit_s=${CALIBRATE_LIMIT_S:-120}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

for name in first second; do
	begin_s=$SECONDS
	"$gilsim" calibrate --python "$python" -o "$work/$name.yaml" >"$work/$name.out" 2>"$work/$name.err" ||
		{ cat "$work/$name.err" >&2; exit 3; }
	took_s=$((SECONDS - begin_s))
	echo "$name: $took_s s, $(grep -c 'is unsure' "$work/$name.err" || true) parameters unsure"
	((took_s <= limit_s)) || { echo "more than $limit_s s" >&2; status=1; }
done
"$gilsim" calibrate --compare "$work/first.yaml" --compare "$work/second.yaml" >"$work/compared"
grep DIFFER "$work/compared" || true
tail -n 1 "$work/compared"
# "162 of 173 measured parameters agree within their spreads; by chance up to 16 do not"
read -r agreeing all limit < <(sed -n '$s/^\([0-9]*\) of \([0-9]*\) .* up to \([0-9]*\) do not$/\1 \2 \3/p' "$work/compared")
((all > 0 && all - agreeing <= limit)) || { echo "more than chance lets differ" >&2; status=1; }
exit $status
