#!/usr/bin/env bash
# `cargo local --watch` plays its demo, runs the new code of an edited function, and leaves no process behind, also when it is
# killed. It runs in a copy below target/, so that nothing of the work tree is edited; what was built for others is used.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly COPY=$PWD/target/watch
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

rm -rf "$COPY"
mkdir -p "$COPY"
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar --null --files-from - --create | tar --extract --touch --directory "$COPY"
cd "$COPY"
# With a version of its own Cargo takes nothing built here for what the work tree needs, nor the other way round.
sed -i 's/^version = "1.0.0"$/version = "0.0.0"/' Cargo.toml
grep -qx 'version = "0.0.0"' Cargo.toml

source tests/local_stack.sh

# Succeeds if the process of another program lives that was started for this stack.
has_processes() {
    grep -qsz "^AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:$PORT$" /proc/[0-9]*/environ
}

# Waits until a command succeeds, for at most 2 minutes.
until_true() {
    local end=$((SECONDS + 120))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { cat "$log"; echo "not true in 2 minutes: $*"; return 1; }
        sleep 0.1
    done
}

answers_edited() {
    [ "$(timeout 20 cargo lambda invoke --invoke-port "$PORT" --data-file events/business-hours-router.json \
        business-hours-router </dev/null 2>/dev/null)" = '"edited"' ]
}

has_no_processes() {
    ! has_processes
}

start_local_stack --watch
cat "$log"
has_processes

cat >functions/business-hours-router/src/main.rs <<'RUST'
//! Answers every event with one word.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<Value>| Ok::<_, Error>("edited"))).await
}
RUST
edited_at=$SECONDS
until_true answers_edited
echo "the edited function answered after $((SECONDS - edited_at)) s"
stop_local_stack
has_no_processes

start_local_stack --watch --no-demo
until_true has_processes
kill -KILL "$stack"
wait "$stack" 2>/dev/null || true
until_true has_no_processes
echo "killed, and nothing is left"
