# shellcheck shell=bash
# Shared by the scripts beside it; meant to be sourced, after `set -euo pipefail`.

# Progress goes to stderr, so that `scripts/with-postgres CMD | ...` passes on CMD's output alone.
say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# --- What the machine must have ---------------------------------------------------------------

# Prints the directory of the newest PostgreSQL server. Debian keeps the server's programs off the
# PATH, and a client-only installation has the same directory without initdb in it.
postgres_bin() {
  local dir newest=''
  while IFS= read -r dir; do
    if [[ -x $dir/initdb && -x $dir/pg_ctl && -x $dir/postgres ]]; then newest=$dir; fi
  done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V)
  if [[ -z $newest ]] && dir=$(command -v initdb); then newest=$(dirname -- "$dir"); fi
  [[ -n $newest ]] && printf '%s\n' "$newest"
}

# Installs Debian packages, or says how to when that is not possible here.
install_packages() {
  local how="run as root: apt-get update && apt-get install -y --no-install-recommends $*"
  local -a as_root=()
  command -v apt-get >/dev/null || die "missing: $* (Debian package names); install them and try again"
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "missing Debian packages: $*; $how"
    as_root=(sudo)
    # Without a terminal nobody can type a password, so sudo must not wait for one.
    if [[ ! -t 0 ]]; then as_root+=(-n); fi
    "${as_root[@]}" true || die "missing Debian packages: $*; $how"
  fi
  # Another apt run may hold the lock for a while.
  local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=300)
  say "installing Debian packages: $*"
  # One broken third-party source fails the update, yet the packages may still be installable.
  "${apt[@]}" update >&2 || say 'apt-get update failed; trying the package lists already here'
  "${apt[@]}" install --no-install-recommends "$@" >&2 ||
    die "could not install Debian packages: $*; $how"
}

need_postgres() {
  postgres_bin >/dev/null || install_packages postgresql
  postgres_bin >/dev/null || die 'PostgreSQL is installed, but its server programs were not found'
}

# Whether a Python can make environments and is new enough for the Matrix tests. Debian leaves
# ensurepip out until python3-venv is there.
can_make_environments() {
  [[ -n $1 ]] && "$1" -c 'import sys, venv, ensurepip, ssl, sqlite3
sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints a Python that can make environments: the system's, as a shim on the PATH may mean another
# version in another directory, or else the one on the PATH.
find_python() {
  local python
  for python in /usr/bin/python3 "$(command -v python3)"; do
    if can_make_environments "$python"; then
      printf '%s\n' "$python"
      return
    fi
  done
  return 1
}

need_python() {
  find_python >/dev/null || install_packages python3 python3-venv
  find_python >/dev/null || die 'no Python 3.11 or newer that can make environments (python3-venv)'
}

# --- Running a command that can be stopped ----------------------------------------------------

child=''       # leader of the process group that run_in_group is waiting for
caught=0       # number of the last signal caught
polite_stops=1 # how many signals ask the child to end before one forces it

# Bash postpones a trap until its foreground command ends, so a supervisor's `kill` would be
# answered only after the last test. Hence: a process group of its own, in the background, and
# `wait`, which a signal does interrupt. Job control (`set -m`) makes the group, and unlike a plain
# `&` leaves stdin and SIGINT as they were.
run_in_group() {
  local status=0
  set -m
  "$@" &
  child=$!
  set +m
  while :; do
    status=0
    wait "$child" || status=$?
    # An interrupted wait says nothing about the child: wait on until it is gone.
    kill -0 "$child" 2>/dev/null || break
  done
  # Whatever the command left running, such as a server under test, ends with it.
  kill -KILL -- "-$child" 2>/dev/null || true
  child=''
  if ((caught)); then exit "$((128 + caught))"; fi
  return "$status"
}

on_signal() {
  caught=$1
  if [[ -z $child ]]; then exit "$((128 + caught))"; fi
  if ((polite_stops-- > 0)); then
    kill -TERM -- "-$child" 2>/dev/null || true
  else
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
}

# Takes the number of signals to pass on politely.
trap_signals() {
  polite_stops=$1
  trap 'on_signal 1' HUP
  trap 'on_signal 2' INT
  trap 'on_signal 15' TERM
}
