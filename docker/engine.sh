#!/bin/sh
# Start or stop a Docker engine of its own, for machines where none runs (a CI job, a container).
#
#   docker/engine.sh start FOLDER    everything it keeps is under FOLDER; prints the DOCKER_HOST to export
#   docker/engine.sh stop FOLDER     ends only the engine that was started on FOLDER; images stay for the next start
#
# Needs root. It makes no bridge and no firewall rule, so an engine that runs already is not disturbed; containers have
# `none` or `host` networking, which is all that Ambient needs.
set -eu

usage() { sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }

[ $# -eq 2 ] || usage
mkdir -p "$2"
folder=$(cd "$2" && pwd)
socket="$folder/docker.sock"
pidfile="$folder/docker.pid"

running() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }
answers() { docker --host "unix://$socket" version >/dev/null 2>&1; }

start() {
    if running && answers; then
        echo "DOCKER_HOST=unix://$socket"
        return
    fi
    command -v dockerd >/dev/null || { echo "dockerd is not installed (Debian and Ubuntu: apt-get install docker.io)." >&2; exit 1; }
    rm -f "$pidfile" "$socket"
    setsid dockerd --host "unix://$socket" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$pidfile" \
        --bridge none --iptables=false --ip-forward=false --ip-masq=false \
        </dev/null >"$folder/dockerd.log" 2>&1 &
    tries=0
    until answers; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ] || ! kill -0 $! 2>/dev/null; then
            echo "The engine did not start; the end of $folder/dockerd.log:" >&2
            tail -n 5 "$folder/dockerd.log" >&2
            exit 1
        fi
        sleep 0.2
    done
    echo "DOCKER_HOST=unix://$socket"
}

stop() {
    running || { echo "No engine was started on $folder." >&2; return; }
    pid=$(cat "$pidfile")
    kill "$pid"
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 150 ]; do
        tries=$((tries + 1))
        sleep 0.2
    done
    # The engine leaves this mount behind, and the folder could not be removed with it.
    umount "$folder/exec/netns/default" 2>/dev/null || true
}

case "$1" in
    start) start ;;
    stop) stop ;;
    *) usage ;;
esac
