# Completion for sweetspot and sweetspot-load. What there is to complete is asked of the programs
# themselves, so that it is always what they know. (sweetspotctl writes its own: `completion bash`.)

_sweetspot_help() {
  local key="$*"
  [ "${_sweetspot_asked-}" = "$key" ] || { _sweetspot_text=$("$@" --help 2>/dev/null); _sweetspot_asked=$key; }
  printf '%s\n' "$_sweetspot_text"
}

_sweetspot() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} program=$1 command= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      -*) ;;
      *) _sweetspot_help "$program" | sed -n '/^Subcommands:/,$p' | grep -qE "^  ${COMP_WORDS[i]} " &&
           { command=${COMP_WORDS[i]}; break; } ;;
    esac
  done
  local help
  help=$(_sweetspot_help "$program" $command)

  # The words that a flag is followed by, where its help names them.
  local line
  line=$(grep -A1 -E "(^| |,)$before( |,|$)" <<<"$help" | tr '\n' ' ')
  case $before in
    --config | *file | *certificate | *.key | *_ca | *.ca | --ca | --key | *token*)
      mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    -*)
      local choices=
      case $line in
        *'(one of '*) choices=${line#*(one of }; choices=${choices%%;*} ;;
        *"true or false"*) choices='true false' ;;
        *':{'*) choices=${line#*:\{}; choices=${choices%%\}*} ;;
        *'|'*) choices=$(grep -oE '[a-z_]+(\|[a-z_]+)+' <<<"$line" | head -1 | tr '|' ' ') ;;
      esac
      [ -z "$choices" ] || { mapfile -t COMPREPLY < <(compgen -W "${choices//,/ }" -- "$word"); return; } ;;
  esac

  local words
  words=$(grep -oE '^ +(-[a-zA-Z],)?--[a-z][a-z0-9_.-]*' <<<"$help" | grep -oE -- '--.*')
  [ -n "$command" ] || words+=" $(sed -n '/^Subcommands:/,$p' <<<"$help" | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p')"
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _sweetspot sweetspot sweetspot-load
