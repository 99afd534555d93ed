#!/usr/bin/env bash
# accuracy.sh GILSIM - predict again what was measured of the seed scenarios, and print how far off that is today: a change of a
# model is judged by the same measurement, in seconds.
#
# tests/data/measured/ has the rounds (`gilsim validate --quick --repeat 3 --save`), and the calibrations of the same hour.
set -euo pipefail
gilsim=$(realpath "$1")
cd "$(dirname "$0")/../.."
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for saved in tests/data/measured/*.json; do
	"$gilsim" validate --saved "$saved" --format csv | { [[ ! -s $rows ]] && cat || tail -n +2; } >>"$rows"
done
tests/tools/errors.sh "$rows"
