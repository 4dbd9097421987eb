# A base system of Debian in a folder, made by debootstrap, in which scripts run commands. Sets EXIT, INT and TERM traps.
# Source it after run.bash and debian.bash.
#
# SPDX-License-Identifier: Apache-2.0

root=''
temporary=''
running=''
clean_up() {
  stop_ticks
  # Ends the separate processes.
  [[ -z $running ]] || kill -KILL "$running" 2> /dev/null || true
  [[ -z $temporary ]] || rm -rf --one-file-system -- "$temporary"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# apart COMMAND...: runs it with separate mounts and processes. It runs in the background, so that signals take effect
# at once.
apart() {
  local status=0
  unshare --mount --propagation private --pid --fork --kill-child -- \
    env --default-signal=INT,QUIT "$@" &
  running=$!
  wait "$running" || status=$?
  running=''
  return "$status"
}

# inside COMMAND...: runs it in the base system, with an environment independent of this machine.
inside() {
  # shellcheck disable=SC2016 # for the inner shell
  apart bash -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb CI=1 \
      chroot "$root" "$@"' bash "$root" "$@"
}

# The settings with which the apt of this machine reaches its mirrors.
download_settings() {
  apt-config dump 2> /dev/null \
    | grep -E '^Acquire::(https?::|Retries|Check-Valid-Until|Check-Date|ForceIPv[46])' \
    | grep -vE 'Auto-?Detect' || true
  [[ -z ${http_proxy:-} ]] || printf 'Acquire::http::Proxy "%s";\n' "$http_proxy"
  [[ -z ${https_proxy:-} ]] || printf 'Acquire::https::Proxy "%s";\n' "$https_proxy"
}

# make_base_system RELEASE FOLDER MIRROR [OPTION]...: sets root, the folder of the base system. FOLDER is kept, and used as
# it is if it has a system of this release; an empty FOLDER stands for a temporary one. An empty MIRROR stands for the
# mirror of this machine's apt. OPTIONs are those of debootstrap.
make_base_system() {
  local release=$1 folder=$2 mirror=$3 program proxy
  shift 3
  ((EUID == 0)) || die "needs root, to make and enter the base system; run sudo scripts/${0##*/}"
  for program in debootstrap git unshare; do
    command -v "$program" > /dev/null || die "there is no $program; install the Debian package ${program/unshare/util-linux}"
  done
  [[ -n $mirror ]] || mirror=$(debian_mirror)
  root=$folder
  if [[ -z $root ]]; then
    temporary=$(mktemp -d -- "${TMPDIR:-/var/tmp}/residual_knn-${0##*/}.XXXXXXXX")
    chmod 0755 -- "$temporary" # users other than root can enter the / of a system
    root=$temporary
  fi
  if [[ -e $root/etc/os-release ]]; then
    printf 'using the base system in %s\n' "$root"
  else
    printf 'making the base system of %s in %s\n' "$release" "$root"
    proxy=${http_proxy:-$(apt-config dump --format '%v%n' Acquire::http::Proxy 2> /dev/null | head -n 1 || true)}
    mkdir -p -- "$root"
    quietly "debootstrap $release" apart env -i "PATH=$PATH" LC_ALL=C.UTF-8 HOME=/root ${proxy:+"http_proxy=$proxy"} \
      debootstrap "$@" "$release" "$root" ${mirror:+"$mirror"}
  fi
  # Network settings, and no disk synchronization after each package.
  cp -L -- /etc/resolv.conf "$root/etc/resolv.conf"
  download_settings > "$root/etc/apt/apt.conf.d/90test-bare"
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/test-bare"
}

# require_bare RELEASE: the base system is of this release and has nothing more.
require_bare() {
  local release=$1 program found
  # shellcheck source=/dev/null
  found=$(. "$root/etc/os-release" && printf '%s' "${VERSION_CODENAME:-}")
  [[ $found == "$release" ]] || die "$root holds ${found:-something else}, not $release"
  for program in c++ cmake curl git python3 R sudo wget; do
    ! inside sh -c "command -v $program" > /dev/null \
      || die "$root has more than the base system: $program; name a new folder"
  done
}
