#!/usr/bin/env bash
# check_layers.sh OUT - fail when a folder includes what it may not (design, section 1), or a command that stands on libgilsim
# calls something else of gilsim's than gilsim.h, the command's own files, and the base; the objects in OUT tell.
#
# One line a layer: the folder, then which of our headers it may include, as prefixes of their
# path. A folder may always include its own headers; system headers and libraries are not looked at.
set -euo pipefail
cd "$(dirname "$0")/../.."

layers='
sim/base
sim/profile        sim/base/
sim/engine         sim/base/
sim/results        sim/base/ sim/engine/trace.h
sim/report         sim/base/ sim/profile/ sim/results/
sim/scenario       sim/base/ sim/profile/ sim/results/expectation.h sim/results/results.h
sim/native         sim/base/ sim/profile/ sim/scenario/workload.h sim/results/results.h
sim/native_c       sim/base/ sim/profile/ sim/scenario/workload.h sim/results/results.h sim/native/
sim/plan           sim/base/ sim/engine/trace.h sim/profile/ sim/scenario/ sim/results/ models/simulate/
sim/api            sim/base/ sim/scenario/ sim/results/ sim/plan/ models/simulate/
models/machine     sim/base/ sim/engine/ sim/profile/
models/interpreter sim/base/ sim/engine/ sim/profile/ models/machine/
models/library     sim/base/ sim/engine/ sim/profile/ models/machine/ models/interpreter/
models/simulate    sim/base/ sim/engine/ sim/profile/ models/ sim/scenario/workload.h sim/results/results.h
sim/cli            sim/ models/
'
status=0
known=()
while read -r folder allowed; do
	[[ -n $folder ]] || continue
	known+=("$folder")
	[[ -d $folder ]] || continue
	while IFS=: read -r file line text; do
		header=${text#*\"}
		header=${header%%\"*}
		ok=false
		for prefix in "$folder/" $allowed; do
			[[ $header == "$prefix"* ]] && ok=true
		done
		if ! $ok; then
			echo "$file:$line: $folder may not include \"$header\""
			status=1
		fi
	done < <(grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' "$folder" || true)
done <<<"$layers"

# A folder that no line above names has no place in the layers yet.
for folder in sim/*/ models/*/; do
	folder=${folder%/}
	case " ${known[*]} " in
	*" $folder "*) ;;
	*)
		echo "$folder: not a layer that tests/tools/check_layers.sh knows"
		status=1
		;;
	esac
done

# They stand on gilsim.h, as any other program does.
commands=(cmd_run cmd_check cmd_sweep cmd_merge cmd_plan cmd_advise library_load library_search)
objects=${1:-build/release}/obj
others=$(find "$objects/sim" "$objects/models" -name '*.o' ! -path '*/sim/cli/*' ! -path '*/sim/base/*' ! -path '*/sim/api/*' -print0 |
	xargs -0 nm --defined-only --extern-only --format=posix 2>/dev/null | awk 'NF > 1 { print $1 }' | sort -u)
for command in "${commands[@]}"; do
	called=$(nm --undefined-only --format=posix "$objects/sim/cli/$command.o" | awk '{ print $1 }' | sort -u)
	beyond=$(comm -12 <(echo "$called") <(echo "$others"))
	if [[ -n $beyond ]]; then
		echo "sim/cli/$command.c: calls what is not in gilsim.h: ${beyond//$'\n'/, }"
		status=1
	fi
done
((status)) || echo "layers: every include stands on a layer below; ${commands[*]} call nothing but libgilsim"
exit "$status"
