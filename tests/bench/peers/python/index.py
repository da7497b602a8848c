"""The work of case-creation and of messaging-session-start, as one would write it in Python."""

import base64
import gzip
import json
import os
import time
import uuid
from datetime import datetime, timedelta, timezone

import boto3
import requests
from simple_salesforce import Salesforce

TABLE = os.environ["TABLE_NAME"]
API_VERSION = "66.0"
DESCRIPTION_LENGTH = 31_000
MESSAGE_LENGTH = 3_600

dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table(TABLE)
http = requests.Session()


def createCase(event, context):
    """Makes the Case of an escalation."""
    escalation_id, organisation_id = event["escalationId"], event["organisationId"]
    needed = read(escalation_id, organisation_id, ["SETTINGS", "SESSION", "NOT_BEFORE", "CASE_MECHANISM"])
    settings = needed["SETTINGS"]
    escalation = save(needed["ESCALATION"], lease=lease())
    attempt = {"mechanism": "externalIdField", "host": settings["salesforce"]["domain"], "at": now()}
    escalation = save(escalation, caseCreation={**escalation["caseCreation"], "attempt": attempt})
    org = connect(needed.get("SESSION"), organisation_id, settings["salesforce"])
    request = conversation(escalation, needed["TRANSCRIPT"])
    answer = org.restful(
        "composite",
        method="POST",
        headers={"Sforce-Auto-Assign": "TRUE" if settings["case"]["assignmentRule"] else "FALSE"},
        json={"allOrNone": True, "compositeRequest": case_parts(escalation_id, settings["case"], request)},
    )
    parts = answer["compositeResponse"]
    refused = [part for part in parts if part["httpStatusCode"] >= 300]
    if refused:
        raise RuntimeError(f"refused: {refused[0]['body'][0].get('errorCode')}")
    made = {"id": parts[0]["body"]["id"], "number": parts[-1]["body"]["CaseNumber"], "by": "us"}
    timeline = escalation["timeline"] + [{"at": now(), "event": "caseCreated"}]
    done = {"lease", "workDueAt", "dueAt", "duePartition", "openOrganisation"}
    rest = {name: value for name, value in escalation.items() if name not in done}
    save(rest, status="caseCreated", by="us", case=made, timeline=timeline)
    return {"status": "caseCreated", "caseNumber": made["number"]}


def startMessaging(event, context):
    """Opens the live conversation of an escalation, and sends what was said before."""
    escalation_id, organisation_id = event["escalationId"], event["organisationId"]
    needed = read(escalation_id, organisation_id, ["SETTINGS"])
    escalation = save(needed["ESCALATION"], lease=lease())
    deployment = escalation["messaging"]["deployment"]
    request = conversation(escalation, needed["TRANSCRIPT"])
    api = f"{base_url(deployment['url'])}/iamessage/api/v2"
    guest = call(
        f"{api}/authorization/unauthenticated/access-token",
        None,
        {
            "orgId": deployment["organizationId"],
            "esDeveloperName": deployment["developerName"],
            "capabilitiesVersion": "1",
            "platform": "Web",
        },
    )
    token = guest["accessToken"]
    attempted = {**escalation["messaging"], "createAttemptedAt": now()}
    escalation = save_with_token(escalation, guest, messaging=attempted)
    call(
        f"{api}/conversation",
        token,
        {
            "conversationId": escalation_id,
            "esDeveloperName": deployment["developerName"],
            "routingAttributes": routing_attributes(escalation_id, needed["SETTINGS"]["routingAttributes"], request),
            "language": request["conversation"].get("language") or "en_US",
        },
    )
    current = table.get_item(Key=escalation_key(escalation_id), ConsistentRead=True)["Item"]
    if current.get("lease", {}).get("id") != escalation["lease"]["id"]:
        raise RuntimeError("the lease was lost")
    for text in context_messages(request):
        content = {"formatType": "Text", "text": text}
        call(
            f"{api}/conversation/{escalation_id}/message",
            token,
            {
                "message": {"id": str(uuid.uuid4()), "messageType": "StaticContentMessage", "staticContent": content},
                "esDeveloperName": deployment["developerName"],
                "isNewMessagingSession": False,
            },
        )
    at = now()
    messaging = {**escalation["messaging"], "openedAt": at, "waitingSince": at, "contextSettled": True}
    timeline = escalation["timeline"] + [{"at": at, "event": "messagingStarted"}, {"at": at, "event": "contextSent"}]
    rest = {name: value for name, value in escalation.items() if name != "lease"}
    save(rest, status="waiting", messaging=messaging, timeline=timeline)
    return {"status": "waiting"}


def now():
    return timestamp(datetime.now(timezone.utc))


def timestamp(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lease():
    return {"id": str(uuid.uuid4()), "until": timestamp(datetime.now(timezone.utc) + timedelta(seconds=90))}


def escalation_key(escalation_id):
    return {"pk": f"ESCALATION#{escalation_id}", "sk": "ESCALATION"}


def chunk_key(escalation_id, chunk):
    return {"pk": f"TRANSCRIPT#{escalation_id}#{chunk}", "sk": "TRANSCRIPT"}


def organisation_key(organisation_id, kind):
    return {"pk": f"ORGANISATION#{organisation_id}", "sk": kind}


def base_url(host):
    return f"http://{host}" if host.startswith("127.0.0.1") else f"https://{host}"


def read(escalation_id, organisation_id, kinds):
    """The escalation, the first chunk of its conversation, and items of its organisation, by their kind."""
    keys = [organisation_key(organisation_id, kind) for kind in kinds]
    keys += [escalation_key(escalation_id), chunk_key(escalation_id, 0)]
    answer = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}})
    return {item["sk"]: item for item in answer["Responses"][TABLE]}


def conversation(escalation, first_chunk):
    """Everything that the caller has sent."""
    chunks = [first_chunk["bytes"].value]
    for chunk in range(1, int(escalation["transcript"]["chunks"])):
        key = chunk_key(escalation["escalationId"], chunk)
        chunks.append(table.get_item(Key=key, ConsistentRead=True)["Item"]["bytes"].value)
    return json.loads(gzip.decompress(b"".join(chunks)))


def put(escalation, changes):
    """The write of a changed escalation, unless somebody wrote it in between."""
    item = {**escalation, **changes, "updatedAt": now(), "revision": escalation["revision"] + 1}
    return {
        "Item": item,
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": escalation["revision"]},
    }


def save(escalation, **changes):
    write = put(escalation, changes)
    table.put_item(**write)
    return write["Item"]


def save_with_token(escalation, guest, **changes):
    write = put(escalation, changes)
    claims = guest["accessToken"].split(".")[1]
    token = {
        "pk": f"GUEST_TOKEN#{escalation['escalationId']}",
        "sk": "GUEST_TOKEN",
        "accessToken": guest["accessToken"],
        "issuedAt": int(time.time() * 1000),
        "expiresAt": json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"],
    }
    if guest.get("lastEventId") is not None:
        token["lastEventId"] = str(guest["lastEventId"])
    puts = [{"Put": {"TableName": TABLE, **write}}, {"Put": {"TableName": TABLE, "Item": token}}]
    # The client of a resource takes and gives Python's types.
    dynamodb.meta.client.transact_write_items(TransactItems=puts)
    return write["Item"]


def connect(session, organisation_id, settings):
    """The org, with the shared session, or with a new one, which is shared."""
    if not session or session["expiresAt"] <= time.time():
        session = log_in(organisation_id, settings)
    org = Salesforce(instance=session["instance"], session_id=session["accessToken"], version=API_VERSION, session=http)
    org.base_url = f"{base_url(session['instance'])}/services/data/v{API_VERSION}/"
    return org


def log_in(organisation_id, settings):
    secrets = boto3.client("secretsmanager")
    secret = secrets.get_secret_value(
        SecretId=f"{os.environ['SECRETS_PREFIX']}{organisation_id}/client-secret",
        VersionId=settings["clientSecretVersion"],
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": settings["clientId"],
        "client_secret": secret["SecretString"],
    }
    answer = http.post(f"{base_url(settings['domain'])}/services/oauth2/token", data=form, timeout=20)
    answer.raise_for_status()
    granted = answer.json()
    session = {
        **organisation_key(organisation_id, "SESSION"),
        "credentials": "python",
        "accessToken": granted["access_token"],
        "instance": granted["instance_url"].split("://")[1],
        "expiresAt": int(time.time()) + 7_200,
    }
    table.put_item(Item=session)
    return session


def call(url, token, body):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = http.post(url, json=body, headers=headers, timeout=8)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def case_parts(escalation_id, settings, request):
    customer = request["customer"]
    whole = transcript(request)
    is_cut = len(whole) > DESCRIPTION_LENGTH
    policy = settings["attachTranscript"]
    attach = policy == "always" or (is_cut and policy != "never")
    record = {
        "Origin": settings["origin"],
        "Priority": settings["priority"],
        "Status": settings["status"],
        "SuppliedName": (customer.get("name") or "")[:80] or None,
        "SuppliedEmail": customer.get("email"),
        "SuppliedPhone": customer.get("phone"),
        "Subject": (request["conversation"].get("subject") or "Conversation escalated by the AI assistant")[:255],
        "Description": f"{whole[:DESCRIPTION_LENGTH]}\n== Cut here: see the file ==\n" if is_cut else whole,
        "Fullview_Escalation_Id__c": escalation_id,
    }
    record = {name: value for name, value in record.items() if value is not None}
    path = f"/services/data/v{API_VERSION}/sobjects"
    parts = [{"method": "POST", "url": f"{path}/Case", "referenceId": "case", "body": record}]
    if attach:
        file = {
            "Title": f"Transcript-{escalation_id}",
            "PathOnClient": f"Transcript-{escalation_id}.txt",
            "VersionData": base64.b64encode(whole.encode()).decode(),
            "FirstPublishLocationId": "@{case.id}",
        }
        parts.append({"method": "POST", "url": f"{path}/ContentVersion", "referenceId": "file", "body": file})
    number = f"{path}/Case/@{{case.id}}?fields=CaseNumber"
    return parts + [{"method": "GET", "url": number, "referenceId": "number"}]


def heading(request):
    customer, conversation = request["customer"], request["conversation"]
    known = {
        "Reason": request["reason"],
        "Customer": customer.get("name"),
        "E-mail": customer.get("email"),
        "Phone": customer.get("phone"),
        "Subject": conversation.get("subject"),
        **dict(customer["properties"]),
        "Summary by the AI": request.get("summary"),
    }
    return "".join(f"{label}: {value}\n" for label, value in known.items() if value is not None)


def line(message):
    sent_at = datetime.fromisoformat(message["sentAt"].replace("Z", "+00:00"))
    speaker = message.get("author") or message["role"]
    return f"\n{speaker} ({message['role']}), {sent_at:%d %B %Y, %H:%M} UTC\n{message['text']}\n"


def transcript(request):
    return heading(request) + "".join(line(message) for message in request["conversation"]["messages"])


def context_messages(request):
    """One message, or two if one does not hold everything."""
    whole = transcript(request)
    parts = [whole[:MESSAGE_LENGTH], whole[MESSAGE_LENGTH : 2 * MESSAGE_LENGTH]]
    return [part for part in parts if part]


def routing_attributes(escalation_id, rows, request):
    customer, conversation = request["customer"], request["conversation"]
    properties, fixed = dict(customer["properties"]), {**customer, "reason": request["reason"]}
    fixed.update((name, conversation.get(name)) for name in ("language", "subject"))
    attributes = {}
    for row in rows:
        value = properties.get(row["attribute"], fixed.get(row["attribute"]))
        if value is not None:
            attributes[row["value"]] = str(value)[:255]
    return {**attributes, "FullviewEscalationId": escalation_id}
