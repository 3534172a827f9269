#!/usr/bin/env bash
# PostgreSQL, MariaDB and MySQL on loopback, for the tests.
#
# usage: services.sh start|stop|status [SERVICE...]
#
# services: postgres mariadb mysql8 (all, when none is named)
#
#   eval "$(tests/services/services.sh start)"
#
# start installs the Debian package of a service whose program is missing (this needs
# root), starts the service on a port of its own with its own data, waits until it takes
# connections, and prints an `export NAME=URL` line for it. One that already runs is left
# as it is, and its line printed again. stop ends only what start began, and keeps the
# data. status says what runs, and prints nothing to eval.
#
# A server that somebody else runs on a standard port (PostgreSQL with trust, MariaDB or
# MySQL with an empty root password, and a database `test`) is used instead, when it lets
# us in; set SERVICES_PRIVATE=1 for none of that.
#
# Settings (environment): SERVICES_DIR, where data, logs and pids are kept (.services in
# the project's root); POSTGRES_PORT, MARIADB_PORT, MYSQL8_PORT.
#
# Everything is set for speed and nothing for safety: no server syncs to the disk.
set -euo pipefail

all=(postgres mariadb mysql8)
declare -A port=([postgres]=${POSTGRES_PORT:-25432} [mariadb]=${MARIADB_PORT:-23306} [mysql8]=${MYSQL8_PORT:-23308})
declare -A variable=([postgres]=TEST_POSTGRES_URL [mariadb]=TEST_MARIADB_URL [mysql8]=TEST_MYSQL_URL)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { echo "services: $*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' >&2; exit 2; }

url() { # SERVICE PORT
  case $1 in
  postgres) echo "postgres://postgres@127.0.0.1:$2/test" ;;
  mariadb | mysql8) echo "mysql://root@127.0.0.1:$2/test" ;;
  esac
}

# --- installing -------------------------------------------------------------------------

installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>>"$log") == installed ]]; }

need() { # PACKAGE...: install those that are missing, without starting the servers they bring
  local package missing=() policy
  for package; do installed "$package" || missing+=("$package"); done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || die "not installed: ${missing[*]}; installing needs root: apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  policy=$(dirname "$(command -v dpkg-reconfigure)")/policy-rc.d
  if [[ -e $policy ]]; then policy=; else printf '#!%s\nexit 101\n' "$BASH" >"$policy" && chmod +x "$policy"; fi
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
    >>"$log" 2>&1; then
    [[ -z $policy ]] || rm "$policy"
    die "installing failed: see $log"
  fi
  [[ -z $policy ]] || rm "$policy"
}

# PACKAGE END: the path of the file of an installed package whose path ends so
file_of() { dpkg -L "$1" | grep "$2\$"; }

# --- processes --------------------------------------------------------------------------

listening() { [[ $(ss -Hltn "sport = :$1") ]]; }

# A service is ours and up when the process recorded in its pid file listens on the port recorded there.
running() { # NAME; sets pid and at
  [[ -s $dir/$1.pid ]] && read -r pid at <"$dir/$1.pid" && ss -Hltnp "sport = :$at" | grep -q "pid=$pid,"
}

launch() { # NAME PORT COMMAND...: run the command in the background until it listens on the port
  local name=$1 at=$2 i
  shift 2
  listening "$at" && die "$name: something else listens on port $at"
  setsid "$@" >>"$dir/$name.log" 2>&1 </dev/null 9>&- &
  echo "$! $at" >"$dir/$name.pid"
  for ((i = 0; i < 600; i++)); do
    running "$name" && return
    kill -0 "$!" 2>>"$dir/$name.log" || die "$name ended: see $dir/$name.log"
    sleep 0.1
  done
  kill "$!"
  die "$name did not come up in a minute: see $dir/$name.log"
}

end() { # NAME [SIGNAL]
  local i
  if running "$1"; then
    kill -s "${2:-TERM}" "$pid"
    for ((i = 0; i < 300; i++)); do kill -0 "$pid" 2>>"$log" || break; sleep 0.1; done
    if kill -9 "$pid" 2>>"$log"; then say "$1: had to be killed"; fi
  fi
  rm -f "$dir/$1.pid"
}

# --- the services: start_SERVICE PORT ---------------------------------------------------

postgres_programs() { # the folder of the newest installed PostgreSQL, or nothing
  { dpkg -S '*/bin/initdb' 2>>"$log" || true; } | sed -n 's/^postgresql-[0-9.]*: //p' | sort -V | tail -n 1 | xargs -r dirname
}

start_postgres() {
  local data=$dir/postgres bin as_postgres=() i
  bin=$(postgres_programs)
  if [[ ! $bin ]]; then
    need postgresql
    bin=$(postgres_programs)
  fi
  # PostgreSQL refuses to run as root. It runs as its own user, who keeps root's right to
  # pass through folders that are closed to others, so that the data can lie anywhere.
  if ((EUID == 0)); then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --init-groups)
    if "${as_postgres[@]}" --inh-caps=+dac_override --ambient-caps=+dac_override true 2>>"$log"; then
      as_postgres+=(--inh-caps=+dac_override --ambient-caps=+dac_override)
    fi
  fi
  if [[ ! -d $data ]]; then
    rm -rf "$data.new"
    mkdir "$data.new"
    ((EUID)) || chown postgres: "$data.new"
    "${as_postgres[@]}" "$bin/initdb" -D "$data.new" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >>"$log" 2>&1 ||
      die "initdb failed: see $log"
    "${as_postgres[@]}" "$bin/postgres" --single -F -D "$data.new" postgres <<<'CREATE DATABASE test' >>"$log" 2>&1 ||
      die "postgres --single failed: see $log"
    mv "$data.new" "$data"
  fi
  rm -f "$data/postmaster.pid" # one left by a server that was killed
  launch postgres "$1" "${as_postgres[@]}" "$bin/postgres" -D "$data" -p "$1" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c max_prepared_transactions=16
  for ((i = 0; i < 600; i++)); do # it listens before it has recovered and takes connections
    "$bin/pg_isready" -q -h 127.0.0.1 -p "$1" -U postgres -d test && return
    sleep 0.1
  done
  die "postgres takes no connections: see $dir/postgres.log"
}

start_mariadb() {
  local data=$dir/mariadb
  need mariadb-server-core mariadb-client-core
  if [[ ! -d $data ]]; then
    rm -rf "$data.new"
    "$(file_of mariadb-server-core bin/mariadb-install-db)" --no-defaults --datadir="$data.new" --user="$(id -un)" \
      --auth-root-authentication-method=normal --skip-test-db >>"$log" 2>&1 || die "mariadb-install-db failed: see $log"
    mkdir "$data.new/test"
    mv "$data.new" "$data"
  fi
  launch mariadb "$1" "$(file_of mariadb-server-core bin/mariadbd)" --no-defaults --datadir="$data" --user="$(id -un)" \
    --bind-address=127.0.0.1 --port="$1" --socket=mariadb.sock --pid-file=mariadbd.pid --character-set-server=utf8mb4 \
    --innodb-flush-method=nosync --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF --innodb-use-native-aio=OFF \
    --max-connections=200
}

# --- start, stop, status ----------------------------------------------------------------

mysql_version() { # PORT: what a MariaDB or MySQL server there says it is, when it lets us in
  local client
  client=$(command -v mariadb || command -v mysql) || return 1
  listening "$1" && "$client" --no-defaults -h 127.0.0.1 -P "$1" -u root -BNe 'SELECT VERSION()' test 2>>"$log"
}

# SERVICE: print the port of somebody else's server that we can use instead of one of ours
standard_port() {
  local version
  [[ ! ${SERVICES_PRIVATE-} ]] || return 1
  case $1 in
  postgres) listening 5432 && [[ $(psql -XwAtc 'SELECT 1' "$(url postgres 5432)" 2>>"$log") == 1 ]] && echo 5432 ;;
  mariadb) version=$(mysql_version 3306) && [[ $version == *MariaDB* ]] && echo 3306 ;;
  mysql8) version=$(mysql_version 3306) && [[ $version != *MariaDB* && ${version%%.*} -ge 8 ]] && echo 3306 ;;
  esac
}

start() {
  local at pid name=$1
  [[ $1 != mysql8 ]] || name=mysql8/mysqld
  if ! running "$name" && ! at=$(standard_port "$1"); then
    at=${port[$1]}
    if [[ $1 == mysql8 ]]; then
      bash "$here/mysql8.sh" start "$dir/mysql8" "$at" 9>&- >>"$log" || die "mysql8 did not start"
    else
      "start_$1" "$at"
    fi
  fi
  echo "export ${variable[$1]}=$(url "$1" "$at")"
}

stop() {
  case $1 in
  postgres) end postgres INT ;; # INT closes open connections; TERM would wait for them
  mysql8) bash "$here/mysql8.sh" stop "$dir/mysql8" ;;
  *) end "$1" ;;
  esac
}

status() {
  local at pid name=$1
  [[ $1 != mysql8 ]] || name=mysql8/mysqld
  if running "$name"; then
    echo "$1: runs on 127.0.0.1:$at, pid $pid"
  elif at=$(standard_port "$1"); then
    echo "$1: somebody else's on 127.0.0.1:$at"
  else
    echo "$1: stopped"
  fi
}

verb=${1-}
[[ $verb == start || $verb == stop || $verb == status ]] || usage
shift
(($#)) || set -- "${all[@]}"
for service; do [[ ${port[$service]-} ]] || usage; done
dir=${SERVICES_DIR:-$here/../../.services}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
log=$dir/services.log
echo '*' >"$dir/.gitignore"
exec 9>"$dir/lock"
flock 9 # one of us at a time
[[ $(command -v ss) ]] || need iproute2
for service; do "$verb" "$service"; done
