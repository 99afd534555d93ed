#!/usr/bin/env bash
# accuracy.sh GILSIM - predict again what was measured, and print how far off that is today: a change of a model is judged by the
# same measurements, in seconds.
#
# tests/data/measured/MACHINE/ has the rounds (`gilsim validate --save`) of the seed scenarios, of the validation suite, of its scenarios
# of threads on a build without a GIL and on its twin, of random scenarios, of some written by hand when the models were done, and of
# six random and six written ones on a build without a GIL, as far as they were measured there, and the calibrations that they
# were measured with.
set -euo pipefail
gilsim=$(realpath "$1")
cd "$(dirname "$0")/../.."
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
for machine in tests/data/measured/*/; do
	for kind in seeds suite threads-3.13t threads-3.13-twin random written free-threaded; do
		: >"$rows"
		for saved in "$machine$kind"*.json; do
			[[ -e $saved ]] || continue
			"$gilsim" validate --saved "$saved" --format csv | { [[ ! -s $rows ]] && cat || tail -n +2; } >>"$rows"
		done
		[[ -s $rows ]] || continue
		echo "$(basename "$machine"), $kind:"
		tests/tools/errors.sh "$rows"
	done
done
