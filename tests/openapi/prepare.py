"""Makes what the requests need in a local stack: an organisation with an org, keys, and two conversations, of which one is over.

Prints them as the lines of a shell script.
"""

import json
import sys
import time
import urllib.request

api, simulator, platform_key = sys.argv[1:]
ORGANISATION = "openapi"


def call(method, url, body=None, key=platform_key, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers |= {"authorization": f"Bearer {key}", "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=40) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def organisation(name):
    messaging = {"hiddenPreChatFields": ["FullviewEscalationId", "Name"], "toldQueuePosition": True}
    org = call("PUT", f"{simulator}/control/orgs/{name}", {"clientSecret": "secret", "messaging": messaging})
    path = f"{api}/v1/organisations/{name}"
    call("PUT", path, {"name": name})
    settings = {
        "integrationType": "omniChannelFlow",
        "salesforce": {"domain": simulator.removeprefix("http://"), "clientId": name, "clientSecret": "secret"},
        "messaging": {
            "organizationId": org["organizationId"],
            "developerName": "Fullview_Messaging_Deployment",
            "url": simulator,
        },
    }
    call("PUT", f"{path}/settings", settings, if_match='"0"')
    return path


def conversation(path, name):
    message = {"role": "customer", "text": "Help!", "sentAt": "2026-11-20T09:14:03Z"}
    body = {"conversation": {"id": name, "messages": [message]}, "reason": "unresolved"}
    return call("POST", f"{path}/escalations", body, prefer="wait=25")


def ended(path):
    escalation = conversation(path, "ended")
    key = escalation["conversationToken"]
    call("POST", f"{api}/v1/conversations/{escalation['escalationId']}/end", key=key)
    while call("GET", f"{path}/escalations/{escalation['escalationId']}")["status"] != "ended":
        time.sleep(0.2)
    return escalation


path, callbacks = organisation(ORGANISATION), organisation(f"{ORGANISATION}-callbacks")
made = {"ORGANISATION": ORGANISATION, "ORGANISATION_KEY": call("POST", f"{path}/keys")["key"]}
token = call("POST", f"{callbacks}/settings/escalations-tokens", {"overlapHours": 0})
made["ESCALATIONS_TOKEN"] = token["token"]
for prefix, escalation in (("LIVE", conversation(callbacks, "live")), ("ENDED", ended(callbacks))):
    made[f"{prefix}_ID"] = escalation["escalationId"]
    made[f"{prefix}_TOKEN"] = escalation["conversationToken"]
for name, value in made.items():
    print(f"export {name}='{value}'")
