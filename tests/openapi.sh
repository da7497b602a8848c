#!/usr/bin/env bash
# The API's description: linted, and held against what the running API answers to requests that are made from it.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh

readonly CHECKS=$PWD/tests/openapi TOOLS=$PWD/target/tools/openapi
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export PLATFORM_KEY=local-platform-key API=http://127.0.0.1:$PORT SIMULATOR=http://127.0.0.1:$((PORT + 1))

# The requests of an operation's paths that match; arguments are schemathesis's.
send() {
    (cd "$CHECKS" && "$TOOLS/bin/schemathesis" --config-file schemathesis.toml run "$API/openapi.json" "$@")
}

(cd "$CHECKS" && npm ci --silent && npx --no-install redocly lint ../../infra/openapi.json)

mkdir -p target
[ -x "$TOOLS/bin/pip" ] || python3 -m venv "$TOOLS"
"$TOOLS/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$CHECKS/requirements.txt"

start_local_stack --no-demo
made=$(python3 "$CHECKS/prepare.py" "$API" "$SIMULATOR" "$PLATFORM_KEY")
eval "$made"

echo "== every operation, with keys and the token of a conversation that is over"
ESCALATION_ID=$ENDED_ID CONVERSATION_TOKEN=$ENDED_TOKEN send

echo "== a conversation that goes on"
ESCALATION_ID=$LIVE_ID CONVERSATION_TOKEN=$LIVE_TOKEN send --include-path-regex '/(messages|files|files/.*|typing|read)$'

echo "== with keys and tokens that open nothing"
ESCALATION_ID=$LIVE_ID CONVERSATION_TOKEN=wrong PLATFORM_KEY=wrong ORGANISATION_KEY=wrong ESCALATIONS_TOKEN=wrong \
    send --phases fuzzing --include-path-regex '^/v1/'

stop_local_stack
