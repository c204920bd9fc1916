#!/usr/bin/env bash
# Booted Debian hosts on a private bridge: each with full systemd, an address of its own, and no way to the internet.
#   fleet.sh up NAME...      make the base once (mmdebstrap), boot the hosts, wait until systemd says that they run
#   fleet.sh ssh NAME ...    run a command on a host
#   fleet.sh cut|heal NAME   what a broken line is: nothing passes but the ssh of this machine
#   fleet.sh unplug|plug NAME   its network cable
#   fleet.sh address NAME    its address
#   fleet.sh down            stop and remove all hosts; the base stays
# Needs root and: systemd-container mmdebstrap openssh-client iproute2 nftables dpkg-dev netcat-openbsd. Data under $FLEET_DIR.
# The bridge, 10.77.0.1, is in the network namespace "wan": ssh needs `ip netns exec wan nc %h %p` as its ProxyCommand.
set -euo pipefail
FLEET_DIR=${FLEET_DIR:-/var/tmp/tillwatch-fleet}
BASE=$FLEET_DIR/base KEY=$FLEET_DIR/id_ed25519 RUN=$FLEET_DIR/run
SYSTEM=systemd,systemd-sysv,dbus,libpam-systemd,python3,python3-venv,openssh-server,iproute2,procps,ca-certificates,openssl,sudo
PACKAGES="mosquitto python3-apt" # what a role may install: in the base's own archive, for hosts without a way out

base() {
  [ -e "$KEY" ] || { mkdir -p "$FLEET_DIR"; ssh-keygen -q -t ed25519 -N '' -f "$KEY"; }
  [ -e "$BASE.done" ] && return
  rm -rf "$BASE"
  mmdebstrap --quiet --variant=minbase --include="$SYSTEM" \
    --customize-hook='mkdir -p "$1/srv/archive" && chroot "$1" apt-get clean' \
    --customize-hook="chroot \"\$1\" apt-get install -qq --download-only --no-install-recommends $PACKAGES" \
    --customize-hook='mv "$1"/var/cache/apt/archives/*.deb "$1/srv/archive/"' \
    --customize-hook='cd "$1/srv/archive" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null' \
    --customize-hook='rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/*' \
    --customize-hook='echo "deb [trusted=yes] file:/srv/archive ./" >"$1/etc/apt/sources.list"' \
    --customize-hook='chroot "$1" apt-get update -qq' \
    bookworm "$BASE"
  install -d -m 700 "$BASE/root/.ssh"
  install -m 600 "$KEY.pub" "$BASE/root/.ssh/authorized_keys"
  touch "$BASE.done"
}

number() { # number NAME: its place in the order of `up`
  grep -nx -- "$1" "$RUN/names" | cut -d: -f1
}

address() { echo "10.77.0.$((10 + $(number "$1")))"; }

host_ssh() {
  local name=$1
  shift
  ip netns exec wan ssh -q -n -i "$KEY" -o BatchMode=yes -o ConnectTimeout=3 -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null "root@$(address "$name")" "$@"
}

boot() { # one host, started again when the guest reboots: nspawn then exits with 133
  local name=$1 hierarchy status=133 child=0
  for hierarchy in systemd unified; do
    echo "$BASHPID" >"/sys/fs/cgroup/$hierarchy/fleet-$name/cgroup.procs" 2>/dev/null || true
  done
  trap 'kill -TERM $child 2>/dev/null' TERM
  while [ "$status" = 133 ]; do
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 setsid systemd-nspawn -q -b -D "$RUN/$name/root" -M "$name" --register=no --keep-unit \
      --hostname="$name" --network-namespace-path="/run/netns/fleet-$name" --resolv-conf=off --timezone=off --link-journal=no \
      </dev/null >>"$RUN/$name/console.log" 2>&1 &
    child=$!
    echo $child >"$RUN/$name/guest"
    status=0
    wait $child || status=$?
    if [ "$status" -gt 128 ] && [ "$status" != 133 ]; then wait $child || true; fi
  done
}

cable() { # cable NAME NUMBER: its end of a wire into the bridge
  local space=fleet-$1
  ip netns add "$space"
  ip -n "$space" link set lo up
  ip -n wan link add "v$2" type veth peer name eth0 netns "$space"
  ip -n wan link set "v$2" master br0 up
  ip -n "$space" addr add "10.77.0.$((10 + $2))/24" dev eth0
  ip -n "$space" link set eth0 up
}

disk() { # disk NAME: a layer of its own over the base, and an identity
  local folder=$RUN/$1
  mkdir -p "$folder"/{up,work,root}
  mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$folder/up,workdir=$folder/work" "$folder/root"
  rm -f "$folder"/root/etc/ssh/ssh_host_*
  echo uninitialized >"$folder/root/etc/machine-id"
  chroot "$folder/root" ssh-keygen -A >/dev/null
  echo "$1" >"$folder/root/etc/hostname"
}

up() {
  local name number=0 hierarchy state
  [ ! -e "$RUN" ] || { echo "there is a fleet in $RUN already: fleet.sh down" >&2; exit 1; }
  base
  mkdir -p "$RUN"
  printf '%s\n' "$@" >"$RUN/names"
  ip netns add wan
  ip -n wan link set lo up
  ip -n wan link add br0 type bridge
  ip -n wan addr add 10.77.0.1/24 dev br0
  ip -n wan link set br0 up
  for name; do
    number=$((number + 1))
    cable "$name" $number
    disk "$name"
    for hierarchy in systemd unified; do mkdir -p "/sys/fs/cgroup/$hierarchy/fleet-$name" 2>/dev/null || true; done
    boot "$name" </dev/null >/dev/null 2>&1 &
    echo $! >"$RUN/$name/pid"
  done
  for name; do
    state=$(running "$name")
    echo "$name $(address "$name") $state"
    [ "$state" = running ] || exit 1
  done
}

running() { # running NAME: systemd's word for how it is, as soon as it has one
  local state="" _
  for _ in $(seq 150); do
    state=$(host_ssh "$1" systemctl is-system-running --wait 2>/dev/null) || true
    [ -n "$state" ] && break
    sleep .2
  done
  echo "${state:-did not come up}"
}

cut_line() {
  ip netns exec "fleet-$1" nft -f - <<'RULES'
table inet cut {
  chain in { type filter hook input priority 0; iif lo accept; ip saddr 10.77.0.1 tcp dport 22 accept; drop; }
  chain out { type filter hook output priority 0; oif lo accept; ip daddr 10.77.0.1 tcp sport 22 accept; drop; }
}
RULES
}

down() {
  local folder name pid hierarchy _
  for folder in "$RUN"/*/; do
    [ -d "$folder" ] || continue
    name=$(basename "$folder") pid=$(cat "$folder/pid" 2>/dev/null || true)
    if [ -n "$pid" ]; then
      kill -TERM "$pid" 2>/dev/null || true
      for _ in $(seq 150); do
        [ -d "/proc/$pid" ] || break
        sleep .1
      done
      kill -KILL "$pid" 2>/dev/null || true
    fi
    # A supervisor that was killed leaves its guest behind.
    pid=$(cat "$folder/guest" 2>/dev/null || true)
    if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    umount "$folder/root" 2>/dev/null || umount -l "$folder/root" || true
    for hierarchy in systemd unified; do
      find "/sys/fs/cgroup/$hierarchy/fleet-$name" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
    ip netns del "fleet-$name" || true
  done
  ip netns del wan 2>/dev/null || true
  rm -rf "$RUN"
}

command=${1:-}
shift || true
case $command in
  up) up "$@" ;;
  down) down ;;
  ssh) host_ssh "$@" ;;
  address) address "$1" ;;
  running) running "$1" ;;
  cut) cut_line "$1" ;;
  unplug) ip -n wan link set "v$(number "$1")" down ;;
  plug) ip -n wan link set "v$(number "$1")" up ;;
  heal) ip netns exec "fleet-$1" nft delete table inet cut ;;
  base) base ;;
  *)
    sed -n '2,10p' "$0"
    exit 2
    ;;
esac
