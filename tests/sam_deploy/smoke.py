"""Plays Case escalations through the deployed stack, one of which recovery must drive on, and looks at what was deployed."""

import json
import os
import time
import urllib.request

import boto3

SIMULATOR = os.environ["SALESFORCE_SIMULATOR"]
EMULATOR = os.environ["AWS_ENDPOINT_URL"]
STACK = "fullview-escalations"
HINTED = ["business-hours-router", "case-creation", "escalation-recovery", "messaging-session-start"]
PATIENCE_SECONDS = 120

lambda_ = boto3.client("lambda")


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


def make_organisation():
    org = {"clientId": "acme", "clientSecret": "acme-secret"}
    assert call("PUT", f"{SIMULATOR}/control/orgs/acme", org)[0] == 200
    expect(201, "PUT", "/v1/organisations/acme", {"name": "Acme"})
    settings = expect(200, "GET", "/v1/organisations/acme/settings")
    settings["integrationType"] = "omniChannelFlow"
    settings["salesforce"] = {"domain": SIMULATOR.removeprefix("http://"), **org}
    expect(200, "PUT", "/v1/organisations/acme/settings", settings, {"if-match": '"0"'})


def escalate(conversation):
    message = {"id": "m1", "role": "customer", "text": "The export fails.", "sentAt": "2026-11-20T09:14:03Z"}
    body = {"conversation": {"id": conversation, "messages": [message]}, "reason": "customerRequested"}
    return expect(202, "POST", "/v1/organisations/acme/escalations", body)["escalationId"]


def until_case_created(escalation_id, meanwhile):
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        escalation = expect(200, "GET", f"/v1/organisations/acme/escalations/{escalation_id}")
        if escalation["status"] == "caseCreated":
            return escalation
        assert time.monotonic() < end, escalation
        meanwhile()
        time.sleep(0.5)


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


API = api_address(outputs()["ApiAddress"])
check_deployed()
assert len(functions()) == 8, functions()
for name in functions():
    allow_loopback(name)

make_organisation()
first = until_case_created(escalate("conv_1"), lambda: None)
print("a Case by hints:", first["case"]["number"])

refusal = {"kind": "refuse", "status": 503, "errorCode": "SERVER_UNAVAILABLE", "message": "busy"}
assert call("POST", f"{SIMULATOR}/control/faults", {"times": 1, "route": "composite", "effect": refusal})[0] < 300
second = until_case_created(escalate("conv_2"), recover)
assert "retry" in [entry["event"] for entry in second["timeline"]], second["timeline"]
print("a Case by recovery, after Salesforce was not available:", second["case"]["number"])

cases = call("GET", f"{SIMULATOR}/control/orgs/acme/cases")[2]
made = sorted(case["Fullview_Escalation_Id__c"] for case in cases)
assert made == sorted([first["escalationId"], second["escalationId"]]), made
print("each has exactly one Case in Salesforce")
