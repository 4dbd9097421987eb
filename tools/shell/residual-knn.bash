# bash completion for residual-knn. Written by tools/shell/generate.py from the help of the program. Do not edit.

_residual_knn() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W 'neighbors index info -h --help --version' -- "$word")
    return
  fi
  case $command in
    neighbors)
      case $previous in
        --index) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --columns) :; return ;;
        --lonlat) :; return ;;
        --delimiter) mapfile -t COMPREPLY < <(compgen -W 'tab space' -- "$word"); return ;;
        --decimal) mapfile -t COMPREPLY < <(compgen -W '. ,' -- "$word"); return ;;
        --comment) :; return ;;
        --kernel) mapfile -t COMPREPLY < <(compgen -W 'squared-exponential matern12 matern32 matern52 matern rational-quadratic' -- "$word"); return ;;
        --nu) :; return ;;
        --alpha) :; return ;;
        --variance) :; return ;;
        --lengthscale) mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$word"); return ;;
        --nugget) :; return ;;
        --jitter) :; return ;;
        --max-jitter) :; return ;;
        --inducing) :; return ;;
        --inducing-method) mapfile -t COMPREPLY < <(compgen -W 'kmeans random' -- "$word"); return ;;
        --inducing-points) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --seed) :; return ;;
        -k) :; return ;;
        --threshold) :; return ;;
        --order) mapfile -t COMPREPLY < <(compgen -W 'given random maximin residual-maximin' -- "$word"); return ;;
        --ranking) mapfile -t COMPREPLY < <(compgen -W 'absolute signed scaled-distance' -- "$word"); return ;;
        --queries) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --groups) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --new-points) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --strategy) mapfile -t COMPREPLY < <(compgen -W 'automatic brute_force level_synchronous best_first batched_best_first dual_tree' -- "$word"); return ;;
        --start) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --slice) :; return ;;
        --memory-limit) :; return ;;
        --threads) :; return ;;
        --selection) mapfile -t COMPREPLY < <(compgen -W 'nearest conditional' -- "$word"); return ;;
        --candidates) :; return ;;
        --candidate-lists) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        -o|--output) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --chunk) :; return ;;
        --base) mapfile -t COMPREPLY < <(compgen -W '0 1' -- "$word"); return ;;
        --stats) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --write-inducing) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --write-order) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --weights) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --variances) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --pick-variances) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --weights-jitter) :; return ;;
        *) ;;
      esac
      [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W '-h --help --index --columns --lonlat --delimiter --decimal --comment --header --no-header --kernel --nu --alpha --variance --lengthscale --nugget --jitter --max-jitter --inducing --inducing-method --inducing-points --seed -k --threshold --predecessors --order --ranking --signed --queries --groups --new-points --strategy --start --slice --memory-limit --threads --selection --candidates --candidate-lists -o --output --chunk --resume --base --stats --write-inducing --write-order --weights --variances --pick-variances --weights-jitter -q --quiet' -- "$word")
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    index)
      case $previous in
        --columns) :; return ;;
        --lonlat) :; return ;;
        --delimiter) mapfile -t COMPREPLY < <(compgen -W 'tab space' -- "$word"); return ;;
        --decimal) mapfile -t COMPREPLY < <(compgen -W '. ,' -- "$word"); return ;;
        --comment) :; return ;;
        --kernel) mapfile -t COMPREPLY < <(compgen -W 'squared-exponential matern12 matern32 matern52 matern rational-quadratic' -- "$word"); return ;;
        --nu) :; return ;;
        --alpha) :; return ;;
        --variance) :; return ;;
        --lengthscale) mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$word"); return ;;
        --nugget) :; return ;;
        --jitter) :; return ;;
        --max-jitter) :; return ;;
        --inducing) :; return ;;
        --inducing-method) mapfile -t COMPREPLY < <(compgen -W 'kmeans random' -- "$word"); return ;;
        --inducing-points) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --seed) :; return ;;
        --order) mapfile -t COMPREPLY < <(compgen -W 'given random maximin residual-maximin' -- "$word"); return ;;
        --memory-limit) :; return ;;
        --threads) :; return ;;
        -o|--output) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --base) mapfile -t COMPREPLY < <(compgen -W '0 1' -- "$word"); return ;;
        --write-inducing) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --write-order) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        *) ;;
      esac
      [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W '-h --help --columns --lonlat --delimiter --decimal --comment --header --no-header --kernel --nu --alpha --variance --lengthscale --nugget --jitter --max-jitter --inducing --inducing-method --inducing-points --seed --order --no-prepare --memory-limit --threads -o --output --base --write-inducing --write-order -q --quiet' -- "$word")
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    info)
      case $previous in
        *) ;;
      esac
      [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W '-h --help' -- "$word")
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
  esac
}
complete -o filenames -F _residual_knn residual-knn
