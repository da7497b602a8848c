#!/usr/bin/env bash
# `sam build` and `sam deploy` of the real template into an emulator of AWS that runs the functions' real binaries, and Cases and a
# live conversation by way of what was deployed. Needs Python 3; the tools come from PyPI. The Salesforce simulator is that of `cargo local`.
set -euo pipefail
cd "$(dirname "$0")/.."
source tests/local_stack.sh
source infra/sam_tools.sh

readonly TOOLS=$PWD/target/tools
readonly BUILT=$PWD/target/sam
EMULATOR_PORT=$((PORT + 2))
emulator=
export PATH=$TOOLS/bin:$PATH SAM_CLI_TELEMETRY=0
export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

start_emulator() {
    GATEWAY_PORT=$EMULATOR_PORT BIND_HOST=127.0.0.1 IOT_MTLS_ENABLED=0 AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL \
        "$TOOLS/ministack/bin/ministack" >"$BUILT/emulator.log" 2>&1 &
    emulator=$!
    trap 'kill -TERM "$emulator" "$stack" 2>/dev/null || true; rm -f "$log"' EXIT
    for _ in $(seq 300); do
        curl -so /dev/null "$AWS_ENDPOINT_URL" && return
        sleep 0.2
    done
    cat "$BUILT/emulator.log"
    echo "the emulator did not become ready"
    return 1
}

install_sam
"$TOOLS/bin/pip" install --quiet --disable-pip-version-check --no-deps cargo-lambda==1.9.2
install "$TOOLS/ministack" 'ministack[full]==1.5.33'
mkdir -p "$BUILT"

# For this machine, and in the profile of the tests: to optimise takes half an hour and is `.ci/release`'s.
(cd infra && SAM_BUILD_MODE=debug CARGO_LAMBDA_COMPILER=cargo \
    sam build --config-file samconfig.default.toml --build-dir "$BUILT/build" --parameter-overrides Architecture=x86_64)
start_local_stack --no-demo
export AWS_ENDPOINT_URL=http://127.0.0.1:$EMULATOR_PORT
start_emulator
"$TOOLS/bin/python" tests/sam_deploy/derive.py "$BUILT/build/template.yaml" >"$BUILT/build/derived.yaml"
sam deploy --config-file "$PWD/infra/samconfig.default.toml" --template-file "$BUILT/build/derived.yaml" --no-confirm-changeset \
    --no-progressbar --parameter-overrides Architecture=x86_64 ApiEndpoint=https://escalations.example \
    "PlatformKeySha256=$(printf local-platform-key | sha256sum | cut -c 1-64)" AlarmEmail=operator@example.com
SALESFORCE_SIMULATOR=http://127.0.0.1:$((PORT + 1)) "$TOOLS/bin/python" tests/sam_deploy/smoke.py
kill -TERM "$emulator"
wait "$emulator" || true
stop_local_stack
