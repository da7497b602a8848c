// The work of case-creation and of messaging-session-start, as one would write it in Node.
import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { Connection } from "jsforce";

const TABLE = process.env.TABLE_NAME;
const API_VERSION = "66.0";
const DESCRIPTION_LENGTH = 31_000;
const MESSAGE_LENGTH = 3_600;

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});
const secrets = new SecretsManagerClient({});

const escalationKey = (id) => ({ pk: `ESCALATION#${id}`, sk: "ESCALATION" });
const chunkKey = (id, chunk) => ({ pk: `TRANSCRIPT#${id}#${chunk}`, sk: "TRANSCRIPT" });
const organisationKey = (id, kind) => ({ pk: `ORGANISATION#${id}`, sk: kind });
const baseUrl = (host) => (host.startsWith("127.0.0.1") ? `http://${host}` : `https://${host}`);

/** Makes the Case of an escalation. */
export async function createCase({ escalationId, organisationId }) {
  const needed = await read(escalationId, organisationId, ["SETTINGS", "SESSION", "NOT_BEFORE", "CASE_MECHANISM"]);
  const { settings } = needed;
  let escalation = await save(needed.escalation, lease());
  const attempt = { mechanism: "externalIdField", host: settings.salesforce.domain, at: now() };
  escalation = await save(escalation, { caseCreation: { ...escalation.caseCreation, attempt } });
  const org = await connect(needed.session, organisationId, settings.salesforce);
  const request = await conversation(escalation, needed.chunk);
  const answer = await org.request({
    method: "POST",
    url: `/services/data/v${API_VERSION}/composite`,
    headers: { "Content-Type": "application/json", "Sforce-Auto-Assign": settings.case.assignmentRule ? "TRUE" : "FALSE" },
    body: JSON.stringify({ allOrNone: true, compositeRequest: caseParts(escalationId, settings.case, request) }),
  });
  const refused = answer.compositeResponse.find((part) => part.httpStatusCode >= 300);
  if (refused) throw new Error(`refused: ${refused.body[0]?.errorCode}`);
  const bodies = answer.compositeResponse.map((part) => part.body);
  const made = { id: bodies[0].id, number: bodies.at(-1).CaseNumber, by: "us" };
  const timeline = [...escalation.timeline, { at: now(), event: "caseCreated" }];
  const { lease: _lease, workDueAt, dueAt, duePartition, openOrganisation, ...rest } = escalation;
  await save(rest, { status: "caseCreated", by: "us", case: made, timeline });
  return { status: "caseCreated", caseNumber: made.number };
}

/** Opens the live conversation of an escalation, and sends what was said before. */
export async function startMessaging({ escalationId, organisationId }) {
  const needed = await read(escalationId, organisationId, ["SETTINGS"]);
  const { settings } = needed;
  let escalation = await save(needed.escalation, lease());
  const { deployment } = escalation.messaging;
  const request = await conversation(escalation, needed.chunk);
  const api = `${baseUrl(deployment.url)}/iamessage/api/v2`;
  const guest = await call(`${api}/authorization/unauthenticated/access-token`, undefined, {
    orgId: deployment.organizationId,
    esDeveloperName: deployment.developerName,
    capabilitiesVersion: "1",
    platform: "Web",
  });
  const attempted = { messaging: { ...escalation.messaging, createAttemptedAt: now() } };
  escalation = await saveWithToken(escalation, attempted, guest);
  await call(`${api}/conversation`, guest.accessToken, {
    conversationId: escalationId,
    esDeveloperName: deployment.developerName,
    routingAttributes: routingAttributes(escalationId, settings.routingAttributes, request),
    language: request.conversation.language ?? "en_US",
  });
  const { Item: current } = await dynamodb.send(
    new GetCommand({ TableName: TABLE, Key: escalationKey(escalationId), ConsistentRead: true }),
  );
  if (current.lease?.id !== escalation.lease.id) throw new Error("the lease was lost");
  for (const text of contextMessages(request)) {
    await call(`${api}/conversation/${escalationId}/message`, guest.accessToken, {
      message: { id: randomUUID(), messageType: "StaticContentMessage", staticContent: { formatType: "Text", text } },
      esDeveloperName: deployment.developerName,
      isNewMessagingSession: false,
    });
  }
  const at = now();
  const events = ["messagingStarted", "contextSent"].map((event) => ({ at, event }));
  const { lease: _lease, ...rest } = escalation;
  await save(rest, {
    status: "waiting",
    messaging: { ...escalation.messaging, openedAt: at, waitingSince: at, contextSettled: true },
    timeline: [...escalation.timeline, ...events],
  });
  return { status: "waiting" };
}

const now = () => new Date().toISOString();

const lease = () => ({ lease: { id: randomUUID(), until: new Date(Date.now() + 90_000).toISOString() } });

/** The escalation, the first chunk of its conversation, and items of its organisation. */
async function read(escalationId, organisationId, kinds) {
  const keys = kinds.map((kind) => organisationKey(organisationId, kind));
  const Keys = [escalationKey(escalationId), chunkKey(escalationId, 0), ...keys];
  const answer = await dynamodb.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } }));
  const items = answer.Responses[TABLE];
  const find = (kind) => items.find((item) => item.sk === kind);
  const [escalation, chunk] = [find("ESCALATION"), find("TRANSCRIPT")];
  return { escalation, chunk, settings: find("SETTINGS"), session: find("SESSION") };
}

/** Everything that the caller has sent. */
async function conversation(escalation, firstChunk) {
  const chunks = [firstChunk.bytes];
  for (let chunk = 1; chunk < escalation.transcript.chunks; chunk++) {
    const Key = chunkKey(escalation.escalationId, chunk);
    const { Item } = await dynamodb.send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true }));
    chunks.push(Item.bytes);
  }
  return JSON.parse(gunzipSync(Buffer.concat(chunks)));
}

/** The write of a changed escalation, unless somebody wrote it in between. */
function put(escalation, changes) {
  const Item = { ...escalation, ...changes, updatedAt: now(), revision: escalation.revision + 1 };
  const ConditionExpression = "revision = :revision";
  return { TableName: TABLE, Item, ConditionExpression, ExpressionAttributeValues: { ":revision": escalation.revision } };
}

async function save(escalation, changes) {
  const write = put(escalation, changes);
  await dynamodb.send(new PutCommand(write));
  return write.Item;
}

async function saveWithToken(escalation, changes, guest) {
  const write = put(escalation, changes);
  const { exp } = JSON.parse(Buffer.from(guest.accessToken.split(".")[1], "base64url"));
  const token = {
    pk: `GUEST_TOKEN#${escalation.escalationId}`,
    sk: "GUEST_TOKEN",
    accessToken: guest.accessToken,
    issuedAt: Date.now(),
    expiresAt: exp,
    lastEventId: guest.lastEventId === undefined ? undefined : String(guest.lastEventId),
  };
  await dynamodb.send(new TransactWriteCommand({ TransactItems: [{ Put: write }, { Put: { TableName: TABLE, Item: token } }] }));
  return write.Item;
}

/** A connection with the shared session, or with a new one, which is shared. */
async function connect(session, organisationId, { domain, clientId, clientSecretVersion }) {
  if (session && session.expiresAt > Date.now() / 1000) {
    return new Connection({ instanceUrl: baseUrl(session.instance), accessToken: session.accessToken, version: API_VERSION });
  }
  const SecretId = `${process.env.SECRETS_PREFIX}${organisationId}/client-secret`;
  const secret = await secrets.send(new GetSecretValueCommand({ SecretId, VersionId: clientSecretVersion }));
  const oauth2 = { clientId, clientSecret: secret.SecretString, loginUrl: baseUrl(domain) };
  const org = new Connection({ oauth2, instanceUrl: baseUrl(domain), version: API_VERSION });
  await org.authorize({ grant_type: "client_credentials" });
  const Item = {
    ...organisationKey(organisationId, "SESSION"),
    credentials: "node",
    accessToken: org.accessToken,
    instance: new URL(org.instanceUrl).host,
    expiresAt: Math.floor(Date.now() / 1000) + 7_200,
  };
  await dynamodb.send(new PutCommand({ TableName: TABLE, Item }));
  return org;
}

async function call(url, token, body) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(8_000) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`refused: ${answer.status}`);
  return text ? JSON.parse(text) : undefined;
}

function caseParts(escalationId, settings, request) {
  const { customer } = request;
  const whole = transcript(request);
  const isCut = whole.length > DESCRIPTION_LENGTH;
  const attach = settings.attachTranscript === "always" || (isCut && settings.attachTranscript !== "never");
  const record = {
    Origin: settings.origin,
    Priority: settings.priority,
    Status: settings.status,
    SuppliedName: customer.name?.slice(0, 80),
    SuppliedEmail: customer.email,
    SuppliedPhone: customer.phone,
    Subject: (request.conversation.subject ?? "Conversation escalated by the AI assistant").slice(0, 255),
    Description: isCut ? `${whole.slice(0, DESCRIPTION_LENGTH)}\n== Cut here: see the file ==\n` : whole,
    Fullview_Escalation_Id__c: escalationId,
  };
  const file = {
    Title: `Transcript-${escalationId}`,
    PathOnClient: `Transcript-${escalationId}.txt`,
    VersionData: attach ? Buffer.from(whole).toString("base64") : undefined,
    FirstPublishLocationId: "@{case.id}",
  };
  const path = `/services/data/v${API_VERSION}/sobjects`;
  const parts = [{ method: "POST", url: `${path}/Case`, referenceId: "case", body: record }];
  if (attach) parts.push({ method: "POST", url: `${path}/ContentVersion`, referenceId: "file", body: file });
  parts.push({ method: "GET", url: `${path}/Case/@{case.id}?fields=CaseNumber`, referenceId: "number" });
  return parts;
}

const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

function heading({ customer, conversation, summary, reason }) {
  const known = [
    ["Reason", reason],
    ["Customer", customer.name],
    ["E-mail", customer.email],
    ["Phone", customer.phone],
    ["Subject", conversation.subject],
    ...customer.properties,
    ["Summary by the AI", summary],
  ];
  return known.filter(([, value]) => value != null).map(([label, value]) => `${label}: ${value}\n`).join("");
}

const line = ({ author, role, sentAt, text }) => `\n${author ?? role} (${role}), ${dates.format(new Date(sentAt))} UTC\n${text}\n`;

const transcript = (request) => heading(request) + request.conversation.messages.map(line).join("");

/** One message, or two if one does not hold everything. */
function contextMessages(request) {
  const whole = transcript(request);
  const second = whole.slice(MESSAGE_LENGTH, 2 * MESSAGE_LENGTH);
  return [whole.slice(0, MESSAGE_LENGTH), ...(second ? [second] : [])];
}

function routingAttributes(escalationId, rows, { customer, conversation, reason }) {
  const fixed = { ...customer, language: conversation.language, subject: conversation.subject, reason };
  const properties = Object.fromEntries(customer.properties);
  const value = (name) => properties[name] ?? fixed[name];
  const mapped = rows.map((row) => [row.value, value(row.attribute)]).filter(([, found]) => found != null);
  const attributes = Object.fromEntries(mapped.map(([name, found]) => [name, String(found).slice(0, 255)]));
  return { ...attributes, FullviewEscalationId: escalationId };
}
