# apt with its own sources, lists and cache. Nothing of the system changes.
#
# SPDX-License-Identifier: Apache-2.0

# shellcheck source=scripts/lib/debian.bash
source "${BASH_SOURCE[0]%/*}/debian.bash"

# private_apt COMMAND...: runs a command of apt with the settings of set_up_private_apt.
private_apt() {
  local command=$1
  shift
  APT_CONFIG=$private_apt_folder/apt.conf "$command" "$@"
}

# set_up_private_apt FOLDER TYPE SUITES [ARCHITECTURE]: writes the settings to FOLDER and gets the lists. TYPE is deb or
# deb-src, and SUITES are releases on the mirror of this system. Fails on other systems than Debian and without a mirror.
# Preferences can be written to FOLDER/preferences. Without ARCHITECTURE, apt knows what is installed on this system. With
# it, apt gets packages of this architecture, as if none were installed.
set_up_private_apt() {
  local type=$2 suites=$3 architecture=${4:-} uri
  private_apt_folder=$1
  uri=$(debian_mirror)
  [[ -n $uri ]] || return 1
  rm -rf -- "$private_apt_folder"
  mkdir -p -- "$private_apt_folder/lists/partial" "$private_apt_folder/cache/archives/partial" "$private_apt_folder/empty"
  printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$type" "$uri" "$suites" \
    /usr/share/keyrings/debian-archive-keyring.gpg > "$private_apt_folder/debian.sources"
  cat > "$private_apt_folder/apt.conf" << END
Dir::Etc::sourcelist "$private_apt_folder/debian.sources";
Dir::Etc::sourceparts "$private_apt_folder/empty";
Dir::Etc::preferences "$private_apt_folder/preferences";
Dir::Etc::preferencesparts "$private_apt_folder/empty";
Dir::State::lists "$private_apt_folder/lists";
Dir::Cache "$private_apt_folder/cache";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Debug::NoLocking "true";
END
  if [[ -n $architecture ]]; then
    : > "$private_apt_folder/status"
    cat >> "$private_apt_folder/apt.conf" << END
Dir::State::status "$private_apt_folder/status";
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
END
  fi
  private_apt apt-get update -qq
}

# unpack_packages FOLDER ARCHITECTURE PACKAGE...: unpacks Debian packages of this release and all that they depend on into
# FOLDER, which need not be of the architecture of this system. Nothing is configured: programs and libraries work, services
# and users are missing. Nothing is done if FOLDER has exactly these packages. Needs no root.
unpack_packages() {
  local folder=$1 architecture=$2 archive
  shift 2
  local wanted="$architecture $*"
  [[ ! -e $folder/unpacked || $(< "$folder/unpacked") != "$wanted" ]] || return 0
  rm -rf -- "$folder"
  mkdir -p -- "$folder/tmp"
  set_up_private_apt "$folder/apt" deb "$(os_release VERSION_CODENAME)" "$architecture" \
    && private_apt apt-get install -qq -y --download-only --no-install-recommends "$@" || return 1
  for archive in "$folder"/apt/cache/archives/*.deb; do
    dpkg-deb --extract "$archive" "$folder" || return 1
  done
  rm -rf -- "$folder/apt"
  printf '%s\n' "$wanted" > "$folder/unpacked"
}
