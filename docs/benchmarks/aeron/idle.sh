#!/usr/bin/env bash
# CPU of a server that nobody asks, as % of a core, without and with the Aeron door: idle.sh [SECONDS [SETTLING]]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
seconds=${1:-20} settling=${2:-30}
work=$(mktemp -d)
pid=
trap 'if [ -n "$pid" ]; then kill "$pid"; wait "$pid" || true; fi; rm -rf "$work"' EXIT

ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }

measure() {
    local what=$1 before
    shift
    "$root/millrace" serve --port 0 --journal "$work/journal" "$@" >"$work/log" 2>&1 &
    pid=$!
    until grep -q '^millrace ready' "$work/log"; do
        kill -0 "$pid" || { cat "$work/log" >&2; exit 1; }
        sleep 0.2
    done
    sleep "$settling"
    before=$(ticks)
    sleep "$seconds"
    awk -v what="$what" -v used=$(($(ticks) - before)) -v hz="$(getconf CLK_TCK)" -v s="$seconds" \
        'BEGIN { printf "%-14s %.2f\n", what, 100 * used / hz / s }'
    kill "$pid"
    wait "$pid" || true
    pid=
}

measure "no Aeron door"
measure "IPC" --set aeron.enabled=true --set "aeron.directory=$work/driver"
measure "IPC and UDP" --set aeron.enabled=true --set "aeron.directory=$work/driver" \
    --set "aeron.endpoint=127.0.0.1:$((20000 + RANDOM % 20000))"
