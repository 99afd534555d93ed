#!/usr/bin/env bash
# packages.sh PACKAGE:PROBE... - install the Debian packages of which the probe finds nothing.
#
# A probe is a command's name or, ending in .h, a header's. When all are there this costs two file
# tests each and prints nothing.
set -euo pipefail

is_there() {
	case $1 in
	*.h) [[ -e /usr/include/$1 || -e /usr/local/include/$1 || -e /usr/include/$(uname -m)-linux-gnu/$1 ]] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing=()
for pair in "$@"; do
	is_there "${pair#*:}" || missing+=("${pair%%:*}")
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
	echo "gilsim needs ${missing[*]} (Debian's names); install them by this system's means" >&2
	exit 3
fi
if ((EUID != 0)); then
	echo "gilsim needs ${missing[*]}; install them with" >&2
	echo "	sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 3
fi
echo "installing ${missing[*]} (apt-get)" >&2
install_missing() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}
# The lists of packages may be absent (a fresh container) or outdated: only then are they fetched.
install_missing || { apt-get update -qq >&2 && install_missing; }
