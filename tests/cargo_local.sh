#!/usr/bin/env bash
# `cargo local` plays its demo, prints `ready` and addresses at which there is something to see, and ends with exit code 0 on Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh

start_local_stack
cat "$log"
for name in settings chat chat.js openapi console; do
    address=$(awk -v name="$name" '$1 == name { print $2 }' "$log")
    curl -sfo /dev/null "$address" || { echo "$name: there is nothing at '$address'"; exit 1; }
done
stop_local_stack
