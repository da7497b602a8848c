#!/usr/bin/env bash
# Every file in events/ works with `cargo lambda invoke`, against a fresh local stack without the demo.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh
source tests/sample_events.sh

start_local_stack --no-demo
invoke_sample_events "$PORT"
stop_local_stack
