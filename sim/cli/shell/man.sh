#!/usr/bin/env bash
# man.sh GILSIM - the manual page, made of what the command says of itself.
set -euo pipefail
gilsim=$1

# Text as groff takes it, as it stands.
literal() {
	echo '.nf'
	sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/"
	echo '.fi'
}

cat <<END
.TH GILSIM 1 "" "$("$gilsim" --version)" "User commands"
.SH NAME
gilsim \- predict what threads, processes, asyncio or a free-threaded Python do for a workload
.SH SYNOPSIS
.B gilsim
.I SUBCOMMAND
[\fIOPTION\fR...] [\fIFILE\fR...]
.SH DESCRIPTION
END
"$gilsim" --help | tail -n +2 | literal
"$gilsim" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | grep -vx gilsim | while read -r subcommand; do
	printf '.SH "GILSIM %s"\n' "${subcommand^^}"
	"$gilsim" "$subcommand" --help | literal
done
cat <<'END'
.SH EXIT STATUS
0 done; 1 an expectation, a threshold or a limit did not hold, or an unexpected deadlock; 2 bad input or usage;
3 the environment or an output failed; 4 cannot tell; 130 on ^C.
.SH ENVIRONMENT
.TP
.B GILSIM_DATA
The folder with machines/ and the shipped scenarios, in place of the installed one.
.TP
.B XDG_CACHE_HOME
Where the calibrations of this machine are kept (default ~/.cache), in gilsim/profiles.
.TP
.B NO_COLOR
Set to anything: no colours.
.TP
.B TMPDIR
Where native runs keep their temporary files (default /tmp).
END
