# gilsim.bash - completion for bash. It asks the command itself, so that no subcommand, option or value is listed here.
_gilsim_values() { # SUBCOMMAND OPTION: the values that it may have, if these are known
	case $2 in
	--profile) gilsim list profiles | awk 'NR > 1 && /^  / {print $1}' ;;
	--metric) gilsim list metrics | awk 'NR > 1 {print $1}' ;;
	--format) gilsim "$1" --help | sed -n 's/^ *--format=FORMAT *//p' | sed 's/(default)//; s/,//g; s/ or / /' ;;
	*) gilsim "$1" --help | sed -n "s/^ *$2=\([a-z]*|[a-z|]*\).*/\1/p" | tr '|' ' ' ;;
	esac
}
_gilsim() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} subcommand=${COMP_WORDS[1]} values=

	COMPREPLY=()
	# The shell makes three words of --format=json.
	if [[ $current == "=" ]]; then
		current=
	elif [[ $before == "=" ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD > 2)) && [[ $before == --* ]]; then
		values=$(_gilsim_values "$subcommand" "$before")
	elif [[ $subcommand == plot ]] && ((COMP_CWORD == 2)); then
		values=$(gilsim plot --help | sed -n '/^Kinds:/,/^$/s/^  \([a-z][a-z]*\)  .*/\1/p')
	fi
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | grep -vx gilsim)" -- "$current")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(gilsim "$subcommand" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$current")
	elif [[ -n $values ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$values" -- "$current")
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
