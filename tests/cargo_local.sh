#!/usr/bin/env bash
# `cargo local` plays its demo, prints `ready`, and ends with exit code 0 on Ctrl-C.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh

start_local_stack
cat "$log"
stop_local_stack
