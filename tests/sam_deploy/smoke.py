"""Plays escalations through the deployed stack, and looks at what was deployed: Cases, one of which recovery must drive on, a Case
that the org's flow makes, and a live conversation.

The emulator's API Gateway knows no streams, so that the requests of a live conversation are those that API Gateway would make: its
event, to the relay's alias, by Lambda's InvokeWithResponseStream. The emulator's Lambda gives the stream away as a whole, at its end,
and as a JSON string.
"""

import json
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

SIMULATOR = os.environ["SALESFORCE_SIMULATOR"]
EMULATOR = os.environ["AWS_ENDPOINT_URL"]
STACK = "fullview-escalations"
HINTED = ["business-hours-router", "case-creation", "escalation-recovery", "messaging-session-start"]
PATIENCE_SECONDS = 120
REQUEST = Path(__file__).parents[2] / "events/conversation-relay-message.json"
HEAD_END = "\0" * 8

# A live conversation's events come as late as its end.
lambda_ = boto3.client("lambda", config=Config(read_timeout=300, retries={"total_max_attempts": 1}))


def call(method, url, body=None, headers=None):
    """The status, the headers and the JSON of an answer; any status below 500."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.headers, json.loads(response.read() or "null")
    except urllib.error.HTTPError as error:
        answer = error.read().decode()
        assert error.code < 500, f"{method} {url}: {error.code} {answer}"
        return error.code, error.headers, json.loads(answer or "null")


def expect(status, method, path, body=None, headers=None):
    """The JSON of the deployed API's answer, which must have this status."""
    headers = {"authorization": "Bearer local-platform-key", **(headers or {})}
    found, _, answer = call(method, API + path, body, headers)
    assert found == status, f"{method} {path}: {found} {answer}"
    return answer


def outputs():
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack["StackStatus"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def api_address(output):
    """The address of the same API in the emulator, which takes its id from the path."""
    host, _, stage = output.removeprefix("https://").partition("/")
    return f"{EMULATOR}/_aws/execute-api/{host.split('.')[0]}/{stage}"


def functions():
    return [function["FunctionName"] for function in lambda_.list_functions()["Functions"]]


def allow_loopback(function):
    """Lets a new version of the function reach the simulator, which the template never does, and puts it behind the alias."""
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert "SALESFORCE_ALLOW_LOOPBACK" not in variables
    variables["SALESFORCE_ALLOW_LOOPBACK"] = "true"
    lambda_.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    version = lambda_.publish_version(FunctionName=function)["Version"]
    lambda_.update_alias(FunctionName=function, Name="live", FunctionVersion=version)


def control(method, path, body=None):
    """What the simulator answers to a test."""
    status, _, answer = call(method, f"{SIMULATOR}/control{path}", body)
    assert status < 300, f"{method} {path}: {status} {answer}"
    return answer


def make_organisation(name, has_messaging):
    """An organisation whose own flow decides, and its org."""
    org = control("PUT", f"/orgs/{name}", {"clientId": name, "clientSecret": f"{name}-secret"})
    expect(201, "PUT", f"/v1/organisations/{name}", {"name": name})
    settings = expect(200, "GET", f"/v1/organisations/{name}/settings")
    settings["integrationType"] = "omniChannelFlow"
    credentials = {member: org[member] for member in ("clientId", "clientSecret")}
    settings["salesforce"] = {"domain": SIMULATOR.removeprefix("http://"), **credentials}
    if has_messaging:
        settings["messaging"] = {
            "organizationId": org["organizationId"], "developerName": org["messaging"]["developerName"], "url": SIMULATOR
        }
    expect(200, "PUT", f"/v1/organisations/{name}/settings", settings, {"if-match": '"0"'})


def install_package(name):
    """The org's flow can call back."""
    token = expect(201, "POST", f"/v1/organisations/{name}/settings/escalations-tokens", {"overlapHours": 0})["token"]
    callback = {"endpoint": API, "organisationId": name, "escalationsToken": token}
    control("PATCH", f"/orgs/{name}", {"messaging": {"callback": callback}})


def escalate(organisation, conversation):
    message = {"id": "m1", "role": "customer", "text": "The export fails.", "sentAt": "2026-11-20T09:14:03Z"}
    body = {"conversation": {"id": conversation, "messages": [message]}, "reason": "customerRequested"}
    return expect(202, "POST", f"/v1/organisations/{organisation}/escalations", body)


def until(what, is_there, meanwhile=lambda: None):
    """What is asked for again and again until it is as it should be."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_there(found := what()):
        assert time.monotonic() < end, found
        meanwhile()
        time.sleep(0.5)
    return found


def until_status(organisation, escalation, status, meanwhile=lambda: None):
    path = f"/v1/organisations/{organisation}/escalations/{escalation['escalationId']}"
    return until(lambda: expect(200, "GET", path), lambda found: found["status"] == status, meanwhile)


def relay(escalation, method, route, body=None):
    """The status and the body of what the relay streams to the customer's chat."""
    event = json.loads(REQUEST.read_text())
    path = f"/v1/conversations/{escalation['escalationId']}/{route}"
    resource = path.replace(escalation["escalationId"], "{escalationId}")
    headers = {"authorization": f"Bearer {escalation['conversationToken']}", "content-type": "application/json"}
    event |= {"httpMethod": method, "path": path, "resource": resource, "body": body and json.dumps(body), "headers": headers}
    event |= {"pathParameters": {"escalationId": escalation["escalationId"]}}
    event["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    event["requestContext"] |= {"httpMethod": method, "path": path, "resourcePath": resource}
    answer = lambda_.invoke_with_response_stream(
        FunctionName="conversation-relay", Qualifier="live", Payload=json.dumps(event)
    )
    stream = b"".join(part["PayloadChunk"]["Payload"] for part in answer["EventStream"] if "PayloadChunk" in part)
    head, separator, rest = json.loads(stream).partition(HEAD_END)
    assert separator, stream
    return json.loads(head)["statusCode"], rest


def events_of(stream):
    """The names and the data of an event stream's events."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":") for block in stream.split("\n\n")]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]


def conversation_in_org(escalation):
    """What the org knows of its conversation."""
    attribute = "FullviewEscalationId"
    (found,) = [
        conversation
        for conversation in control("GET", "/orgs/live/conversations")
        if conversation["routingAttributes"].get(attribute) == escalation["escalationId"]
    ]
    return found


def recover():
    """Invokes recovery as the schedule does."""
    answer = lambda_.invoke(FunctionName="escalation-recovery", Qualifier="live", Payload=b"{}")
    outcome = json.loads(answer["Payload"].read())
    assert set(outcome) >= {"driven", "heldBack"}, outcome


def check_deployed():
    for function in HINTED:
        config = lambda_.get_function_event_invoke_config(FunctionName=function, Qualifier="live")
        assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60), config
    scheduler = boto3.client("scheduler")
    (schedule,) = scheduler.list_schedules()["Schedules"]
    target = scheduler.get_schedule(Name=schedule["Name"])["Target"]
    assert target["Arn"].endswith(":function:escalation-recovery:live"), target
    assert target["Input"] == "{}", target


def play_cases():
    first = until_status("acme", escalate("acme", "conv_1"), "caseCreated")
    print("a Case by hints:", first["case"]["number"])

    refusal = {"kind": "refuse", "status": 503, "errorCode": "SERVER_UNAVAILABLE", "message": "busy"}
    control("POST", "/faults", {"times": 1, "route": "composite", "effect": refusal})
    second = until_status("acme", escalate("acme", "conv_2"), "caseCreated", recover)
    assert "retry" in [entry["event"] for entry in second["timeline"]], second["timeline"]
    print("a Case by recovery, after Salesforce was not available:", second["case"]["number"])

    made = sorted(case["Fullview_Escalation_Id__c"] for case in control("GET", "/orgs/acme/cases"))
    assert made == sorted([first["escalationId"], second["escalationId"]]), made
    print("each has exactly one Case in Salesforce")


def play_callback():
    """Nobody answers, until the org's flow gives the conversation up and says which Case it made."""
    escalation = escalate("live", "conv_3")
    until_status("live", escalation, "waiting")
    conversation = f"/orgs/live/conversations/{conversation_in_org(escalation)['id']}"
    case = control("POST", f"{conversation}/flow-case")
    answer = control("POST", f"{conversation}/callback", case)
    assert answer["status"] // 100 == 2, answer
    ended = until_status("live", escalation, "caseCreated")
    assert (ended["by"], ended["case"]["id"]) == ("salesforceFlow", case["id"]), ended
    print("a Case by the org's flow, which called back:", ended["case"]["number"])


def play_live_conversation():
    control("PUT", "/orgs/live/script", [{"action": {"kind": "agentAccepts", "name": "Grace"}}])
    escalation = escalate("live", "conv_4")
    until_status("live", escalation, "active")
    conversation = f"/orgs/live/conversations/{conversation_in_org(escalation)['id']}"
    with ThreadPoolExecutor() as executor:
        events = executor.submit(relay, escalation, "GET", "events")
        status, answer = relay(escalation, "POST", "messages", {"id": "c1", "text": "Are you there?"})
        assert status == 202, answer
        until(lambda: conversation_in_org(escalation), lambda found: "Are you there?" in json.dumps(found["entries"]))
        control("POST", f"{conversation}/actions", {"kind": "agentSays", "text": "I am."})
        control("POST", f"{conversation}/actions", {"kind": "sessionEnds", "by": "agent"})
        status, stream = events.result()
    assert status == 200, stream
    told = events_of(stream)
    assert ("joined", "Grace") in [(data["change"], data["name"]) for name, data in told if name == "agent"], told
    assert [data["text"] for name, data in told if name == "message"] == ["Are you there?", "I am."], told
    assert (told[-1][0], told[-1][1]["by"]) == ("ended", "agent"), told
    assert until_status("live", escalation, "ended")["by"] == "agent"
    print("a live conversation: an agent came, both wrote, and it ended; events:", ", ".join(name for name, _ in told))


API = api_address(outputs()["ApiAddress"])
check_deployed()
assert len(functions()) == 8, functions()
for name in functions():
    allow_loopback(name)

make_organisation("acme", has_messaging=False)
make_organisation("live", has_messaging=True)
install_package("live")
play_cases()
play_callback()
play_live_conversation()
