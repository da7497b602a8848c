# To be sourced: invokes every file in events/ with `cargo lambda invoke`.

# Each event and the status of its answer; `-` is an answer that is no HTTP. In this order, the first two make the
# organisation that the others are for. The ids that some events name do not exist here.
readonly EXPECTED="
settings-put-organisation            201
settings-put                         200
settings-show                        200
settings-create-key                  201
settings-delete-key                  404
settings-erase-customer              200
settings-create-escalations-token    201
settings-list-escalations-tokens     200
settings-delete-escalations-token    404
escalation-intake                    202
escalation-intake-http-api           202
escalation-intake-long-conversation  202
escalation-intake-list               200
escalation-intake-counts             200
escalation-intake-show               404
escalation-intake-redrive            404
settings-customer-properties         200
settings-holiday-countries           200
settings-audit                       200
settings-preview                     200
settings-page                        200
settings-page-file                   200
settings-test-connection             200
settings-start-callback-test         202
settings-show-callback-test          200
apex-callback                        401
apex-callback-without-case           401
conversation-relay-chat-script       200
conversation-relay-end               401
conversation-relay-events            401
conversation-relay-file              401
conversation-relay-message           401
conversation-relay-read              401
conversation-relay-typing            401
business-hours-router                -
case-creation                        -
messaging-session-start              -
escalation-recovery                  -
escalation-recovery-look             -
"

# The function whose name is the longest beginning of an event's.
function_of() {
    local name longest=
    for name in functions/*/; do
        name=$(basename "$name")
        [[ $1 == "$name"* && ${#name} -gt ${#longest} ]] && longest=$name
    done
    echo "$longest"
}

# The status in a function's answer, `-` if it has none; a streamed one begins with it. Fails if the function failed.
status_of() {
    python3 -c '
import json, sys
answer, _ = json.JSONDecoder().raw_decode(sys.stdin.read().lstrip())
if "errorType" in answer:
    sys.exit(answer["errorType"])
print(answer.get("statusCode", "-"))'
}

# Invokes an event's function on a port, and tells the status of its answer.
invoked_status() {
    cargo lambda invoke --invoke-port "$1" --data-file "events/$2.json" "$3" </dev/null | tr -d '\000' | status_of
}

# Invokes each event's function on this port, as for an API whose table is empty.
invoke_sample_events() {
    diff <(awk 'NF { print $1 }' <<<"$EXPECTED" | sort) <(basename -s .json events/*.json | sort) ||
        { echo "the list of expected answers and events/ differ"; return 1; }
    local event expected function status
    while read -r event expected; do
        [ -n "$event" ] || continue
        function=$(function_of "$event")
        status=$(invoked_status "$1" "$event" "$function")
        printf '%-36s %-24s %s\n' "$event" "$function" "$status"
        [ "$status" = "$expected" ] || { echo "expected $expected"; return 1; }
    done <<<"$EXPECTED"
}
