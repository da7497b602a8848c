// The deploy command and the real function `settings`: the org gets the names that Fullview will send.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Org, options } from "./harness.mjs";

const { SETTINGS_API } = process.env;
const PLATFORM_KEY = "local-platform-key";
const FLOW = "flows/Fullview_Omni_Channel_Flow.flow";
const CHANNEL = "messagingChannels/Fullview_Messaging_Channel.messagingChannel";
const DEPLOYMENT = "EmbeddedServiceConfig/Fullview_Messaging_Deployment.EmbeddedServiceConfig";
const RECORD = "customMetadata/Fullview_Settings.Default.md";
const OWN_NAME = "FullviewEscalationId";

let server;
let org;
let organisation;
let key;
const run = (...more) => org.run(options(`http://127.0.0.1:${server.address().port}`, organisation, ...more), { key });

before(async () => {
  server = createServer((request, response) => carryOn(request, response).catch((error) => response.destroy(error)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(() => server.close());

beforeEach(async () => {
  org = await Org.make();
  organisation = `deploy-${randomUUID()}`;
  key = await makeOrganisation(organisation);
});

afterEach(() => org.forget());

/** To the local stack, which is as the cloud is but for TLS, and tells its own address. */
async function carryOn({ method, url, headers }, response) {
  const { authorization } = headers;
  const body = method === "POST" ? JSON.stringify({ overlapHours: 0 }) : undefined;
  const answer = await call(method, url, body, authorization);
  const text = (await answer.text()).replace(`"${SETTINGS_API}"`, `"${SETTINGS_API.replace("http:", "https:")}"`);
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(text);
}

const call = (method, path, body, authorization = `Bearer ${PLATFORM_KEY}`, more = {}) =>
  fetch(`${SETTINGS_API}${path}`, {
    method,
    headers: { authorization, "content-type": "application/json", ...more },
    body,
  });

async function makeOrganisation(id) {
  await succeed(call("PUT", `/v1/organisations/${id}`, JSON.stringify({ name: "Acme" })));
  return (await succeed(call("POST", `/v1/organisations/${id}/keys`, "{}"))).key;
}

async function succeed(answer) {
  const response = await answer;
  const text = await response.text();
  assert.ok(response.ok, `${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

const settings = () => succeed(call("GET", `/v1/organisations/${organisation}/settings`));

/** Stores settings with these values of routing attributes. */
async function putSettings(values, changes = {}) {
  const { version } = await settings();
  const document = {
    integrationType: "omniChannelFlow",
    salesforce: { domain: "acme.my.salesforce.com", clientId: "id", clientSecret: "secret" },
    routingAttributes: values.map((value, index) => ({ attribute: `property${index}`, value })),
    ...changes,
  };
  const match = { "if-match": `"${version}"` };
  await succeed(call("PUT", `/v1/organisations/${organisation}/settings`, JSON.stringify(document), undefined, match));
}

const namesIn = (path, pattern) => [...(org.state.files[path] ?? "").matchAll(pattern)].map(([, name]) => name);

/** Routing attributes of the org: those of the channel, of its mapping, of the pre-chat, and of the flow. */
const routingAttributes = () =>
  [
    namesIn(CHANNEL, /<externalParameterName>(\w+)</g),
    namesIn(CHANNEL, /<actionParameterName>(\w+)</g),
    namesIn(DEPLOYMENT, /<formField>(\w+)</g),
    namesIn(FLOW, /<description>A routing attribute of Fullview's settings\.<\/description>\n<name>(\w+)</g),
  ].map((names) => names.filter((name) => name !== OWN_NAME && name !== "recordId"));

describe("the org gets of Fullview's settings", () => {
  test("exactly the routing attributes, upper and lower case as they are, everywhere", async () => {
    await putSettings(["Plan", "queueName", "VIP_Level"]);
    const { status, output } = await run();
    assert.equal(status, 0, output);
    const held = (await settings()).routingAttributes.map(({ value }) => value);
    assert.deepEqual(routingAttributes(), [held, held, held, held]);
  });

  test("the changed ones on the next run, and none of the old", async () => {
    await putSettings(["Plan", "queueName"]);
    await run();
    await putSettings(["plan"]);
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.deepEqual(routingAttributes(), [["plan"], ["plan"], ["plan"], ["plan"]]);
  });

  test("a token by which Fullview knows the callback, and where to call", async () => {
    await putSettings([]);
    await run();
    const valueOf = (field) => namesIn(RECORD, new RegExp(`<field>${field}</field>\\s*<value[^>]*>([^<]+)<`, "g"))[0];
    assert.equal(valueOf("FV_Api_Endpoint__c"), (await settings()).apiEndpoint.replace("http:", "https:"));
    assert.equal(valueOf("Organisation_Id__c"), organisation);
    const conversationId = randomUUID();
    const body = {
      conversationId,
      messagingSessionId: "0Mw000000000001AAA",
      caseId: null,
      caseNumber: null,
      packageVersion: "1.0",
    };
    const callback = (own) =>
      call("POST", `/v1/callbacks/apex/${organisation}`, JSON.stringify(body), `Bearer ${own}`).then(
        ({ status }) => status,
      );
    assert.deepEqual([await callback(valueOf("Escalations_Token__c")), await callback("other")], [404, 401]);
  });

  test("the same token again, as long as it is the current one", async () => {
    await putSettings([]);
    await run();
    const first = org.state.files[RECORD];
    await run();
    assert.equal(org.state.files[RECORD], first);
  });

  test("a flow that lets conversations wait, for a Fullview Flow", async () => {
    await putSettings([], { integrationType: "fullviewFlow" });
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(org.state.files[FLOW], /<name>WaitsWithoutAgent<[^]*?<booleanValue>true</);
  });
});

describe("the org gets nothing", () => {
  test("before Fullview has settings, unless the integration type is told", async () => {
    const { output } = await run();
    assert.match(output, /has no settings yet: say which --integration-type/);
    assert.deepEqual(org.state.log, []);
    assert.equal((await run("--integration-type", "omniChannelFlow")).status, 0);
  });

  test("with the key of another organisation", async () => {
    key = await makeOrganisation(`deploy-${randomUUID()}`);
    const { status, output } = await run();
    assert.equal(status, 1);
    assert.match(output, /403 forbidden/);
    assert.deepEqual(org.state.log, []);
  });
});
