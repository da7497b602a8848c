#!/usr/bin/env bash
# `cargo lambda watch` alone runs each function for `cargo lambda invoke` and for HTTP, with a local stack for what is around them.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh
source tests/sample_events.sh

readonly WATCH_PORT=$((PORT + 2))
readonly ORGANISATION=/v1/organisations/demo-fullview-flow
environment=$(mktemp)
output=$(mktemp)

start_local_stack --no-demo --env-file "$environment"
cargo lambda watch --quiet --invoke-address ::1 --invoke-port "$WATCH_PORT" --env-file "$environment" >"$output" 2>&1 &
watch=$!
trap 'kill -TERM "$watch" "$stack" 2>/dev/null || true; rm -f "$log" "$environment" "$output"' EXIT
until curl --silent --output /dev/null "http://[::1]:$WATCH_PORT/"; do
    kill -0 "$watch" || { cat "$output"; exit 1; }
    sleep 0.1
done

# cargo-lambda unpacks a streamed answer, and its `invoke` then takes the answer's own status for a failure.
invoked_status() {
    if [ "$3" = conversation-relay ]; then
        curl --silent --max-time 120 --output /dev/null --write-out '%{http_code}' --data-binary "@events/$2.json" \
            "http://[::1]:$1/2015-03-31/functions/$3/invocations"
    else
        cargo lambda invoke --invoke-port "$1" --data-file "events/$2.json" "$3" </dev/null | status_of
    fi
}

invoke_sample_events "$WATCH_PORT" || { cat "$output"; exit 1; }

for path in "settings$ORGANISATION/settings" "escalation-intake$ORGANISATION/escalations?status=open"; do
    status=$(curl --silent --max-time 120 --output /dev/null --write-out '%{http_code}' \
        --header 'authorization: Bearer local-platform-key' "http://[::1]:$WATCH_PORT/lambda-url/$path")
    printf '%-61s %s\n' "/lambda-url/$path" "$status"
    [ "$status" = 200 ] || { cat "$output"; exit 1; }
done
kill -TERM "$watch"
wait "$watch" || true
stop_local_stack
