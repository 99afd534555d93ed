# gilsim.fish - completion for fish. It asks the command itself, so that no subcommand or option is listed here.
function __gilsim_subcommands
	gilsim --help | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1\t\2/p' | grep -v '^gilsim'
end
function __gilsim_options
	set -l words (commandline -opc)
	gilsim $words[2] --help | grep -oE -- '--[a-z][a-z-]*' | sort -u
end
complete -c gilsim -n __fish_use_subcommand -f -a '(__gilsim_subcommands)'
complete -c gilsim -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' -a '(__gilsim_options)'
complete -c gilsim -n '__fish_seen_subcommand_from new' -f -a '(gilsim new | awk "NR > 1 {print \$1}")'
complete -c gilsim -n '__fish_seen_subcommand_from list' -f -a '(gilsim list --help | string match -rg "\[(.*)\|STEP\|" | string split "|"; gilsim list steps | awk "NR > 1 {print \$1}")'
