# Completes sweetspotctl in bash: source <(sweetspotctl completion bash)
_sweetspotctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' path='' i
  case $before in
    --address) COMPREPLY=(); return ;;
    --after) COMPREPLY=(); return ;;
    --ca) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --certificate) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --comment|--reason) COMPREPLY=(); return ;;
    --connection) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --count) COMPREPLY=(); return ;;
    --for) COMPREPLY=(); return ;;
    --interval) COMPREPLY=(); return ;;
    --key) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --max) COMPREPLY=(); return ;;
    --min) COMPREPLY=(); return ;;
    --p99-bound) COMPREPLY=(); return ;;
    --server-name) COMPREPLY=(); return ;;
    --timeout) COMPREPLY=(); return ;;
    --token-file) COMPREPLY=($(compgen -f -- "$word")); return ;;
    -o|--output) COMPREPLY=($(compgen -W 'text json yaml' -- "$word")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --address|--connection|--token-file|--ca|--certificate|--key|--server-name|--timeout|-o|--output|--interval|--count|--after|--comment|--reason|--for|--min|--max|--p99-bound) ((++i)) ;;
      -*) ;;
      *) path=${path:+$path }${COMP_WORDS[i]} ;;
    esac
  done
  if [[ $word == -* ]]; then
    case $path in
    'status'|'status '*) words='' ;;
    'watch'|'watch '*) words='--interval --count --after --lines' ;;
    'explain'|'explain '*) words='' ;;
    'curve'|'curve '*) words='' ;;
    'log'|'log '*) words='--count' ;;
    'windows'|'windows '*) words='' ;;
    'doctor'|'doctor '*) words='' ;;
    'pin'|'pin '*) words='--comment --reason --for' ;;
    'set-limit'|'set-limit '*) words='--comment --reason --for' ;;
    'unpin'|'unpin '*) words='--comment --reason' ;;
    'rollback'|'rollback '*) words='--comment --reason --for' ;;
    'bounds'|'bounds '*) words='--comment --reason --min --max' ;;
    'retune'|'retune '*) words='--comment --reason' ;;
    'pause'|'pause '*) words='--comment --reason' ;;
    'resume'|'resume '*) words='--comment --reason' ;;
    'objective'|'objective '*) words='--comment --reason --p99-bound' ;;
    'mode'|'mode '*) words='--comment --reason' ;;
    'config get'|'config get '*) words='' ;;
    'config check'|'config check '*) words='' ;;
    'config apply'|'config apply '*) words='--comment --reason' ;;
    'health'|'health '*) words='' ;;
    'drain'|'drain '*) words='--comment --reason --wait' ;;
    'completion'|'completion '*) words='' ;;
    esac
    words="$words --version -h --help --address --connection --token-file --ca --certificate --key --server-name --timeout -o --output"
  else
    case $path in
    '') words='status watch explain curve log windows doctor pin set-limit unpin rollback bounds retune pause resume objective mode config health drain completion' ;;
    'config') words='get check apply' ;;
    'objective') words='balanced throughput latency' ;;
    'mode') words='enforce shadow off' ;;
    'config check') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'config apply') COMPREPLY=($(compgen -f -- "$word")); return ;;
    'completion') words='bash' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _sweetspotctl sweetspotctl
