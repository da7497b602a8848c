# To be sourced: starts `cargo local` and ends it as a person does. PORT is the API's port, 9000 by default.

PORT=${PORT:-9000}
log=$(mktemp)
stack=

# Starts `cargo local` with these arguments and waits until it is ready, for at most 15 minutes: it may have to be built.
start_local_stack() {
    set -m # else the shell would make it deaf to SIGINT
    cargo local --port "$PORT" "$@" >"$log" 2>&1 &
    stack=$!
    set +m
    trap 'kill -TERM "$stack" 2>/dev/null || true; rm -f "$log"' EXIT
    for _ in $(seq 4500); do
        grep -qx ready "$log" && return
        kill -0 "$stack" 2>/dev/null || break
        sleep 0.2
    done
    cat "$log"
    echo "cargo local did not become ready"
    return 1
}

# Ends it with Ctrl-C's signal; its exit code must be 0 and its ports free.
stop_local_stack() {
    local code=0
    kill -INT "$stack"
    wait "$stack" || code=$?
    if [ "$code" != 0 ]; then
        cat "$log"
        echo "cargo local ended with exit code $code"
        return 1
    fi
    python3 - "$PORT" "$((PORT + 1))" <<'PYTHON'
import socket, sys
for port in sys.argv[1:]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(port)))
PYTHON
    echo "ended with exit code 0, ports free"
}
