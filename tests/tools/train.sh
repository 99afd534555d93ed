#!/usr/bin/env bash
# train.sh GILSIM - lets an instrumented gilsim do what users do, for `make release`: run shipped scenarios, write traces.
set -euo pipefail
gilsim=$(realpath "$1")
cd "$(dirname "$0")/../.."
export GILSIM_DATA=$PWD/scenarios
for scenario in scenarios/seeds/[abc]1*.yaml scenarios/validation/*.yaml; do
	# An expectation that does not hold (status 1) is no matter here.
	"$gilsim" run --format json "$scenario" >/dev/null 2>&1 || (($? == 1))
done
for suffix in txt csv json; do
	"$gilsim" run --trace "build/training.$suffix" scenarios/validation/convoy-free-core.yaml >/dev/null 2>&1 || (($? == 1))
	rm -f "build/training.$suffix"
done
