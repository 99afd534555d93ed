#!/usr/bin/env bash
# check_install.sh MAKE - what `make install` puts there works from there, `make uninstall` leaves nothing, and the package holds
# the same files.
set -euo pipefail
make=$1
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

$make PREFIX=/usr DESTDIR="$folder/root" install >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
(cd "$folder/root" && find . -type f | sort) >"$folder/installed"
usr=$folder/root/usr
export PATH=$usr/bin:$PATH GILSIM_DATA=$usr/share/gilsim/scenarios

# A first scenario of one's own, and a program of one's own.
(cd "$folder" && gilsim new script -o mine.yaml && gilsim run mine.yaml >/dev/null)
libraries=$(sed -n 's/^Libs: -L[^ ]* -lgilsim//p' "$usr/lib/pkgconfig/gilsim.pc")
# shellcheck disable=SC2086 # several words
${CC:-cc} tests/example/example.c -I"$usr/include" "$usr/lib/libgilsim.a" $libraries -o "$folder/example"
"$folder/example" "$folder/mine.yaml" >"$folder/example.out"
grep -q '^4 cores, ' "$folder/example.out"

# The manual and the completions know every subcommand and each of its options.
status=0
options=0
manual=$(sed 's/\\-/-/g' "$usr/share/man/man1/gilsim.1")
# shellcheck source=/dev/null
. "$usr/share/bash-completion/completions/gilsim"
for subcommand in $(gilsim --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do
	section=$(sed -n "/^.SH \"GILSIM ${subcommand^^}\"/,/^.SH/p" <<<"$manual")
	mapfile -t known < <(gilsim "$subcommand" --help | grep -oE -- '^ +(-[a-zA-Z], +)?--[a-z][a-z-]*' | grep -oE -- '--.*')
	COMP_WORDS=(gilsim "$subcommand" --) COMP_CWORD=2
	_gilsim
	for option in "${known[@]}"; do
		options=$((options + 1))
		grep -qF -- "$option" <<<"$section" || { echo "install: the manual lacks $subcommand $option"; status=1; }
		[[ " ${COMPREPLY[*]} " == *" $option "* ]] || { echo "install: bash does not complete $subcommand $option"; status=1; }
	done
done
((options > 50)) || { echo "install: only $options options"; status=1; }
COMP_WORDS=(gilsim list "") COMP_CWORD=2
_gilsim
[[ " ${COMPREPLY[*]} " == *" profiles "*" write "* ]] || { echo "install: bash does not complete what can be listed"; status=1; }
completes() { # VALUE WORDS...: whether bash offers it as the last of these words
	local value=$1
	shift
	COMP_WORDS=("$@" "") COMP_CWORD=$#
	_gilsim
	[[ " ${COMPREPLY[*]} " == *" $value "* && " ${COMPREPLY[*]} " != *mine.yaml* ]] ||
		{ echo "install: bash does not complete $* with $value, but with ${COMPREPLY[*]}"; status=1; }
}
cd "$folder"
completes heatmap gilsim plot
completes json gilsim run --format
completes json gilsim run --format =
completes default gilsim run --profile
completes c gilsim validate --backend
completes p99 gilsim compare --metric
cd - >/dev/null
# Nobody is asked to have these shells.
if command -v zsh >/dev/null; then zsh -n "$usr/share/zsh/site-functions/_gilsim" || status=1; fi
if command -v fish >/dev/null; then fish -n "$usr/share/fish/vendor_completions.d/gilsim.fish" || status=1; fi

$make PREFIX=/usr DESTDIR="$folder/root" uninstall >/dev/null
left=$(find "$folder/root" -mindepth 1)
[[ -z $left ]] || { echo "install: uninstall leaves $left"; status=1; }

if command -v dpkg-deb >/dev/null; then
	package=$($make PREFIX=/usr deb 2>"$folder/log" | tail -n 1)
	dpkg-deb -c "$package" | awk '/^-/ { print $6 }' | sort >"$folder/packed"
	# In it the manual is packed, and the licence has the name that Debian gives it.
	sed -e 's/gilsim\.1$/gilsim.1.gz/' -e 's/LICENSE$/copyright/' "$folder/installed" | sort | diff - "$folder/packed" ||
		{ echo "install: $package holds other files"; status=1; }
	dpkg-deb -f "$package" Depends | grep -q libgsl || { echo "install: $package depends on no libgsl"; status=1; }
	package=", and as many are in $(basename "$package")"
fi
((status)) || echo "install: $(wc -l <"$folder/installed") files, $options options in the manual and the completion, nothing left behind${package:-}"
exit "$status"
