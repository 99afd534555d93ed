# gilsim.fish - completion for fish. It asks the command itself, so that no subcommand, option or value is listed here.
function __gilsim_subcommands
	gilsim --help | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p' | grep -v '^gilsim'
end
function __gilsim_options
	set -l words (commandline -opc)
	gilsim $words[2] --help | grep -oE -- '--[a-z][a-z-]*' | sort -u
end
# The values that the option before the cursor may have.
function __gilsim_values
	set -l words (commandline -opc)
	switch $words[-1]
		case --profile
			gilsim list profiles | awk 'NR > 1 && /^  / {print $1}'
		case --metric
			gilsim list metrics | awk 'NR > 1 {print $1}'
		case --backend
			gilsim $words[2] --help | sed -n 's/^ *--backend=\([a-z|]*\).*/\1/p' | string split '|'
		case --format
			gilsim $words[2] --help | sed -n 's/^ *--format=FORMAT *//p' | sed 's/(default)//; s/,//g; s/ or / /' | string split -n ' '
	end
end
function __gilsim_has_values
	set -l before (commandline -opc)[-1]
	contains -- $before --profile --metric --format --backend
end
complete -c gilsim -n __gilsim_has_values -f -a '(__gilsim_values)'
complete -c gilsim -n '__fish_seen_subcommand_from plot; and test (count (commandline -opc)) -eq 2' -f -a '(gilsim plot --help | sed -n "/^Kinds:/,/^\$/s/^  \([a-z][a-z]*\)  .*/\1/p")'
complete -c gilsim -n __fish_use_subcommand -f -a '(__gilsim_subcommands)'
complete -c gilsim -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__gilsim_options)'
complete -c gilsim -n '__fish_seen_subcommand_from new' -f -a '(gilsim new | awk "NR > 1 {print \$1}")'
complete -c gilsim -n '__fish_seen_subcommand_from list' -f -a '(gilsim list --help | string match -rg "\[(.*)\|STEP\|" | string split "|"; gilsim list steps | awk "NR > 1 {print \$1}")'
