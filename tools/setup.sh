# Sets up what a command needs: Debian packages and the virtual environment. Sourced by ./run, which sets HERE.
# Every step is one line with the seconds since the start; what a step prints goes to $LOG and is shown if it fails.

VENV=$HERE/.venv
ANSIBLE=$HERE/.venv-ansible
LOG=$HERE/var/setup.log
GUARD=/usr/sbin/policy-rc.d
GUARD_MARK="# written by tillwatch ./run; safe to delete"

say() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

stop() { # what is wrong, and the one thing to do
  printf '%s\n' "$@" >&2
  exit 2
}

step() { # step TEXT COMMAND...: fails with the end of what the command said
  local text=$1 beat status=0
  shift
  say "$text"
  (while sleep 15 >/dev/null 2>&1; do say "  … still at it"; done) &
  beat=$!
  "$@" >>"$LOG" 2>&1 || status=$?
  kill "$beat" 2>/dev/null || true
  wait "$beat" 2>/dev/null || true
  [ "$status" = 0 ] && return
  tail -n 15 "$LOG" >&2
  stop "" "That failed: $text" "All of what it said is in $LOG; run the same command again to try again."
}

find_python() { # prints the first Python 3.11 or newer
  local candidate
  for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

has() { # has PACKAGE: what the package is for is there, wherever it came from
  case $1 in
    python3-venv) "$PYTHON3" -c 'import ensurepip, venv' 2>/dev/null ;;
    postgresql) command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    systemd-container) command -v systemd-nspawn >/dev/null ;;
    nftables) command -v nft >/dev/null ;;
    netcat-openbsd) command -v nc >/dev/null ;;
    dpkg-dev) command -v dpkg-scanpackages >/dev/null ;;
    openssh-client) command -v ssh >/dev/null ;;
    iproute2) command -v ip >/dev/null ;;
    mosquitto-clients) command -v mosquitto_sub >/dev/null ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

need_packages() { # need_packages PACKAGE...: Debian's names, each also the name of its program unless `has` says otherwise
  local package missing=()
  for package; do has "$package" || missing+=("$package"); done
  [ ${#missing[@]} = 0 ] && return
  if ! command -v apt-get >/dev/null; then
    stop "Missing: ${missing[*]} (Debian's names)." "This machine has no apt-get: install them with its own package manager, then run this again."
  fi
  if [ "$(id -u)" != 0 ]; then
    stop "Missing Debian packages: ${missing[*]}. Install them, then run this again:" \
      "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  say "installing Debian packages: ${missing[*]} (their services are not started)"
  hold_services
  export DEBIAN_FRONTEND=noninteractive
  step "  apt-get update" apt-get -q -o DPkg::Lock::Timeout=120 update
  step "  apt-get install" apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "${missing[@]}"
  release_services
  for package in "${missing[@]}"; do
    has "$package" || stop "apt-get installed $package, but what it brings was not found; see $LOG."
  done
}

hold_services() { # a broker or a database that starts by itself on our account would be a surprise
  if [ ! -e "$GUARD" ] || grep -qsF "$GUARD_MARK" "$GUARD"; then
    trap release_services EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\n%s\nexit 101\n' "$GUARD_MARK" >"$GUARD"
    chmod 755 "$GUARD"
  fi
}

release_services() {
  if grep -qsF "$GUARD_MARK" "$GUARD"; then rm -f "$GUARD"; fi
}

need_python() { # need_python PACKAGE...: and these, so that all that is missing is named and installed at once
  PYTHON3=$(find_python) || stop "Python 3.11 or newer is needed and was not found." "On Debian 12 or newer: apt-get install -y python3"
  need_packages python3-venv "$@"
}

need_venv() { # need_venv SET: the packages of requirements/SET.txt and this project, in .venv
  exec 9>"$HERE/var/setup.lock"
  flock --nonblock 9 || { say "waiting for another ./run that sets up .venv"; flock 9; }
  # What was set up for development has all that the demo needs: it is kept so, not cut down.
  if [ "$1" = demo ] && [ "$(cat "$VENV/set" 2>/dev/null)" = dev ]; then make_venv dev; else make_venv "$1"; fi
  exec 9>&-
}

make_venv() {
  if ! venv_is "$1"; then
    need_python
    # A demo may be running from what is there: the rest is added to it.
    if ! venv_is demo; then
      rm -rf "$VENV"
      step "making .venv with $("$PYTHON3" --version)" "$PYTHON3" -m venv "$VENV"
    fi
    step "installing $(grep -c '^[a-zA-Z]' "$HERE/requirements/$1.txt") Python packages (requirements/$1.txt)" \
      "$VENV/bin/python" -m pip install $QUIET --no-deps --no-compile --require-hashes -r "$HERE/requirements/$1.txt"
    echo "$1" >"$VENV/set"
    venv_stamp "$1" >"$VENV/stamp"
  fi
  if [ "$(project_stamp)" != "$(cat "$VENV/project" 2>/dev/null)" ]; then
    step "installing the project itself, editable" \
      "$VENV/bin/python" -m pip install $QUIET --no-deps --no-build-isolation --no-index -e "$HERE"
    project_stamp >"$VENV/project"
  fi
}

need_ansible() { # ansible and ansible-lint, in an environment of their own
  local wanted=$HERE/requirements/ansible.txt
  cmp --silent "$wanted" "$ANSIBLE/installed" && return
  rm -rf "$ANSIBLE"
  step "making .venv-ansible with $("$PYTHON3" --version)" "$PYTHON3" -m venv "$ANSIBLE"
  step "installing $(grep -c '^[a-zA-Z]' "$wanted") Python packages (requirements/ansible.txt)" \
    "$ANSIBLE/bin/python" -m pip install $QUIET --no-deps --no-compile --require-hashes -r "$wanted"
  cp "$wanted" "$ANSIBLE/installed"
}

QUIET="--no-input --disable-pip-version-check --progress-bar off"

# The stamp is written last, so a half-made environment has none. It names the folder, because a moved .venv is broken.
venv_is() {
  [ -x "$VENV/bin/python" ] && [ -f "$VENV/stamp" ] && "$VENV/bin/python" -c '' >/dev/null 2>&1 &&
    [ "$(venv_stamp "$1")" = "$(cat "$VENV/stamp")" ]
}

venv_stamp() {
  { "$VENV/bin/python" --version; echo "$HERE"; cat "$HERE/requirements/$1.txt"; } | sha256sum
}

project_stamp() { sha256sum <"$HERE/pyproject.toml"; }
