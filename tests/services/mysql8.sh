#!/usr/bin/env bash
# A genuine MySQL server (not MariaDB) on loopback, for tests.
#
# usage: mysql8.sh start DIR PORT   install into DIR if needed, start on 127.0.0.1:PORT
#        mysql8.sh stop DIR         stop the server that start began; DIR stays
#
# start prints the URL: root, no password, database `test`, which exists. Starting a
# running server again prints the same URL. DIR keeps the server (DIR/root) and its
# data (DIR/data): delete DIR for a new one. DIR/error.log is the server's log.
#
# Debian's releases have MariaDB only; MySQL is in the suite `sid` of the same archive,
# at whatever version sid has on the day (9.7 in November 2026; no 8.x is left there).
# This takes mysql-server-core and its libraries from sid with an apt state of its own,
# unpacks them into DIR/root and runs mysqld with the ld.so and libc from there, so
# nothing of the machine's own changes: no source, no package, no file outside DIR.
set -euo pipefail

say() { echo "mysql8: $*" >&2; }
die() { say "$*"; exit 1; }
usage() { sed -n "2,/^set /s/^# \{0,1\}//p" "$0" | sed '$d' >&2; exit 2; }

install_server() { # download and unpack into $dir/root
  local state=$dir/apt codename base arch deb apt
  codename=$(sed -n 's/^VERSION_CODENAME=//p' "$(dpkg -L base-files | grep 'lib/os-release$')")
  base=$(apt-get update --print-uris | sed -n "s#^'\(.*\)/dists/$codename/InRelease'.*#\1#p" | sort -u | head -n 1)
  arch=$(dpkg --print-architecture)
  [[ $base ]] || die "apt has no source for $codename here, so there is no archive to read sid from"
  rm -rf "$state" "$dir/root.new"
  mkdir -p "$state"/{lists,archives}/partial "$state/none" "$dir/root.new"
  echo "deb [signed-by=$(dpkg -L debian-archive-keyring | grep 'debian-archive-keyring.gpg$')] $base sid main" >"$state/sources.list"
  # mysqld itself runs no Perl: call it installed, and 10 MB of packages stay away.
  printf '%s\n' 'Package: perl' 'Status: install ok installed' "Architecture: $arch" 'Multi-Arch: allowed' \
    'Version: 99' 'Maintainer: none' 'Description: none' >"$state/status"
  apt=(apt-get -q -y -o "Dir::State=$state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state"
    -o "Dir::Etc::sourcelist=$state/sources.list" -o "Dir::Etc::sourceparts=$state/none"
    -o "Dir::Etc::preferences=$state/no-file" -o "Dir::Etc::preferencesparts=$state/none"
    -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  say "downloading MySQL from sid (about 60 MB)"
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends --download-only mysql-server-core; } \
    >"$dir/install.log" 2>&1; then die "apt-get failed: see $dir/install.log"; fi
  for deb in "$state"/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root.new"; done
  mv "$dir/root.new" "$dir/root"
  rm -rf "$state"
}

find_server() { # sets the array mysqld: how to run the unpacked server
  local libs
  libs=$(dirname "$(find "$dir/root/usr/lib" -name libc.so.6)")
  mysqld=("$(find "$libs" -maxdepth 1 -name 'ld-linux*.so.*')" --library-path "$libs" "$dir/root/usr/sbin/mysqld"
    --no-defaults --user="$(id -un)" --basedir="$dir/root/usr" --plugin-dir="$dir/root/usr/lib/mysql/plugin"
    --lc-messages-dir="$dir/root/usr/share/mysql" --secure-file-priv=NULL --performance-schema=OFF
    # The data is for tests: nothing is synced to the disk, and little room is set aside.
    --innodb-redo-log-capacity=32M --innodb-flush-method=nosync --innodb-doublewrite=OFF
    --innodb-flush-log-at-trx-commit=0 --innodb-use-native-aio=OFF --skip-log-bin)
}

create_data() {
  rm -rf "$dir/data.new"
  cat >"$dir/init.sql" <<'SQL'
CREATE DATABASE test;
CREATE USER root@'127.0.0.1';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
SQL
  "${mysqld[@]}" --datadir="$dir/data.new" --initialize-insecure --init-file="$dir/init.sql" \
    --log-error="$dir/error.log" || die "initialising failed: see $dir/error.log"
  mv "$dir/data.new" "$dir/data"
}

listening() { [[ $(ss -Hltn "sport = :$1") ]]; }
# The server is ours and up when the process recorded in DIR/mysqld.pid listens on the recorded port.
running() { [[ -s $dir/mysqld.pid ]] && read -r pid at <"$dir/mysqld.pid" && ss -Hltnp "sport = :$at" | grep -q "pid=$pid,"; }

start() {
  [[ -d $dir/root ]] || install_server
  if running; then
    [[ $at == "$port" ]] || die "already running on port $at"
  else
    listening "$port" && die "something else listens on port $port"
    find_server
    [[ -d $dir/data ]] || create_data
    : >"$dir/error.log"
    # The socket's path is relative to the data folder: a full one may be too long for a socket.
    setsid "${mysqld[@]}" --datadir="$dir/data" --bind-address=127.0.0.1 --port="$port" --mysqlx=OFF \
      --socket=mysql.sock --pid-file=own.pid --log-error="$dir/error.log" >>"$dir/error.log" 2>&1 </dev/null &
    echo "$! $port" >"$dir/mysqld.pid"
    for ((i = 0; i < 600; i++)); do
      grep -q 'ready for connections' "$dir/error.log" && break
      kill -0 "$!" 2>>"$dir/error.log" || die "mysqld ended: see $dir/error.log"
      sleep 0.1
    done
    running || { kill "$!"; die "mysqld did not come up in a minute: see $dir/error.log"; }
    say "$(grep -o "Version: '[^']*'" "$dir/error.log") on 127.0.0.1:$port"
  fi
  echo "mysql://root@127.0.0.1:$port/test"
}

stop() {
  if running; then
    kill "$pid"
    for ((i = 0; i < 300; i++)); do kill -0 "$pid" 2>>"$dir/error.log" || break; sleep 0.1; done
    ! kill -9 "$pid" 2>>"$dir/error.log" || say "had to kill it"
  fi
  rm -f "$dir/mysqld.pid"
}

case ${1-} in
start) (($# == 3)) || usage; port=$3 ;;
stop) (($# == 2)) || usage; [[ -d $2 ]] || exit 0 ;;
*) usage ;;
esac
mkdir -p "$2"
dir=$(cd "$2" && pwd)
"$1"
