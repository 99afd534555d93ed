# gilsim.bash - completion for bash. It asks the command itself, so that no subcommand or option is listed here.
_gilsim() {
	local current=${COMP_WORDS[COMP_CWORD]} subcommand=${COMP_WORDS[1]}

	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | grep -vx gilsim)" -- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim "$subcommand" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$current")
	elif [[ $subcommand == new ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim new | awk 'NR > 1 {print $1}')" -- "$current")
	elif [[ $subcommand == list ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim list --help | sed -n 's/.*\[\(.*\)|STEP|.*/\1/p' | tr '|' ' ') \
			$(gilsim list steps | awk 'NR > 1 {print $1}')" -- "$current")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames
	fi
}
complete -F _gilsim gilsim
