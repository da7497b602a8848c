// The deploy command against a stand-in for the Salesforce CLI and one for Fullview's settings API.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { copyOfProject } from "../../deployment/project.mjs";
import { metadataTypes } from "../metadata_types.mjs";
import { references } from "../references.mjs";

const DEPLOY = fileURLToPath(new URL("../../deploy", import.meta.url));
const STAND_IN = fileURLToPath(new URL("stand_in_sf.mjs", import.meta.url));
const PACKAGES = ["settings", "case", "callback", "routing", "channel", "deployment", "app"];
const USER = "fullview@acme.example";
const ADMIN = "admin@acme.example";

let folder;
let api;
let server;
const endpoint = () => `http://127.0.0.1:${server.address().port}`;
const org = () => JSON.parse(readFileSync(join(folder, "org.json"), "utf8"));

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "fullview-deploy-test-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "tmp"));
  copyFileSync(STAND_IN, join(folder, "bin", "sf"));
  chmodSync(join(folder, "bin", "sf"), 0o755);
  server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});

after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  api = {
    requests: [],
    settings: {
      version: 3,
      integrationType: "omniChannelFlow",
      apiEndpoint: "https://api.fullview.example",
      routingAttributes: [{ attribute: "plan", value: "Plan" }],
    },
    tokens: [
      { id: "1", token: "old", validUntil: "2026-12-01T00:00:00Z" },
      { id: "2", token: "new-token", validUntil: null },
    ],
  };
  setOrg({});
});

function setOrg(changes) {
  const display = {
    id: "00D000000000001AAA",
    username: ADMIN,
    instanceUrl: "https://acme.my.salesforce.com",
    accessToken: "secret",
  };
  const empty = { alias: "acme", display, packages: [], values: {}, assigned: [], log: [] };
  writeFileSync(join(folder, "org.json"), JSON.stringify({ ...empty, ...changes }));
}

function answer(request, response) {
  api.requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
  const isToken = request.url.endsWith("/escalations-tokens");
  const known = request.headers.authorization === "Bearer key";
  const body =
    request.method === "POST"
      ? { id: "3", token: "made-token", validUntil: null }
      : isToken
        ? { tokens: api.tokens }
        : api.settings;
  response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
  response.end(JSON.stringify(known ? body : { code: "unauthenticated" }));
}

function run(args, { key = "key", path = join(folder, "bin") } = {}) {
  const environment = {
    FULLVIEW_API_KEY: key,
    PATH: [path, dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter),
    STAND_IN_ORG: join(folder, "org.json"),
    TMPDIR: join(folder, "tmp"),
  };
  const child = spawn(DEPLOY, args, { env: environment });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (output += data));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}

const all = (...more) => [
  ...["--org", "acme", "--endpoint", endpoint(), "--organisation", "acme-inc"],
  ...["--integration-user", USER, "--contact-email", "it@acme.example", ...more],
];
const deployed = () =>
  org()
    .log.filter((line) => line.startsWith("project deploy"))
    .map((line) => line.split("/")[1]);

describe("deploy", () => {
  test("deploys every package in its order, and does what metadata can't", async () => {
    const { status, output } = await run(all());
    assert.equal(status, 0, output);
    assert.deepEqual(deployed(), PACKAGES);
    assert.equal(org().channel.IsActive, true);
    assert.ok(org().log.some((line) => line.includes("/publish/")));
    assert.deepEqual(org().assigned, [
      { name: "Fullview_Integration", user: USER },
      { name: "Fullview_Messaging_Integration", user: USER },
      { name: "Fullview_Callback_Runner", user: USER },
      { name: "Fullview_Admin", user: ADMIN },
    ]);
  });

  test("puts in the values of Fullview's settings and of the command", async () => {
    await run(all());
    assert.deepEqual(org().values, {
      FULLVIEW_API_ENDPOINT: "https://api.fullview.example",
      FULLVIEW_ORGANISATION_ID: "acme-inc",
      FULLVIEW_ESCALATIONS_TOKEN: "new-token",
      FULLVIEW_CONTACT_EMAIL: "it@acme.example",
      FULLVIEW_INTEGRATION_USER: USER,
    });
    assert.ok(org().flow.includes("<name>Plan</name>"));
  });

  test("has the org run all of the package's tests", async () => {
    await run(all());
    const classes = readdirSync(join(dirname(DEPLOY), "packages/callback/classes"));
    const tests = classes.filter((file) => file.endsWith("Test.cls")).map((file) => file.replace(".cls", ""));
    assert.deepEqual(org().tests.sort(), tests.sort());
  });

  test("may be repeated", async () => {
    await run(all());
    const first = org();
    const { status, output } = await run(all());
    assert.equal(status, 0, output);
    assert.deepEqual(org().assigned, first.assigned);
    assert.equal(org().log.filter((line) => line.startsWith("data update")).length, 1);
  });

  test("tells what remains by hand, and no secret", async () => {
    const { output } = await run(all());
    assert.match(
      output,
      /OrganizationId 00D000000000001, DeveloperName Fullview_Messaging_Deployment, Url https:\/\/acme\.my\.salesforce-scrt\.com/,
    );
    assert.doesNotMatch(output, /secret\b|new-token|Bearer/);
  });

  test("makes a token if there is none", async () => {
    api.tokens = [];
    await run(all());
    assert.equal(org().values.FULLVIEW_ESCALATIONS_TOKEN, "made-token");
  });

  test("without messaging deploys Cases and the app only", async () => {
    const { output } = await run(all("--without-messaging"));
    assert.deepEqual(deployed(), ["case", "app"], output);
    assert.deepEqual(
      org().assigned.map(({ name }) => name),
      ["Fullview_Integration"],
    );
    assert.ok(api.requests.every((request) => !request.includes("escalations-tokens")));
  });

  test("before Fullview has settings deploys for the integration type that it is told", async () => {
    Object.assign(api.settings, { version: 0, integrationType: null, routingAttributes: [] });
    const { status, output } = await run(all("--integration-type", "fullviewFlow"));
    assert.equal(status, 0, output);
    assert.match(org().flow, /<name>WaitsWithoutAgent<[^]*?<booleanValue>true</);
  });

  test("leaves a skipped package as it is", async () => {
    setOrg({ packages: ["settings", "case", "callback", "routing", "channel"], flow: "<own/>" });
    const { status, output } = await run(all("--skip", "routing", "--skip", "channel"));
    assert.equal(status, 0, output);
    assert.equal(org().flow, "<own/>");
    assert.ok(!org().log.some((line) => line.includes("MessagingChannel")));
  });

  test("ends at a package that is refused", async () => {
    setOrg({ refuses: ["routing"] });
    const { status, output } = await run(all());
    assert.equal(status, 1);
    assert.match(output, /routing is refused/);
    assert.deepEqual(org().packages, ["settings", "case", "callback"]);
  });

  test("goes on past a channel that can't be activated, says so and ends with 1", async () => {
    setOrg({ refuses: ["activation"] });
    const { status, output } = await run(all());
    assert.equal(status, 1);
    assert.match(output, /activate the channel Fullview_Messaging_Channel: .*accept the terms first/);
    assert.deepEqual(org().packages, PACKAGES);
  });

  test("leaves no copy of the project behind", async () => {
    await run(all());
    assert.deepEqual(readdirSync(join(folder, "tmp")), []);
  });
});

describe("deploy touches no org", () => {
  const refusals = [
    ["without the CLI", () => all(), { path: "/nowhere" }, /Salesforce CLI is missing/],
    ["without an org", () => ["--endpoint", "https://x"], {}, /--org is missing/],
    ["with an option that does not exist", () => all("--force"), {}, /Unknown option '--force'/],
    [
      "with another integration type than Fullview has",
      () => all("--integration-type", "fullviewFlow"),
      {},
      /is omniChannelFlow/,
    ],
    [
      "with an integration type that does not exist",
      () => all("--integration-type", "chat"),
      {},
      /--integration-type is none/,
    ],
    ["with a package that does not exist", () => all("--skip", "flow"), {}, /--skip flow/],
    ["with another key", () => all(), { key: "other" }, /401 unauthenticated/],
    ["without a key", () => all(), { key: "" }, /FULLVIEW_API_KEY is missing/],
    ["over plain HTTP", () => all("--endpoint", "http://api.fullview.example"), {}, /starts with https/],
    ["for a user that would break the SOQL", () => all("--integration-user", "a'b@c"), {}, /--integration-user is not/],
  ];
  for (const [fact, args, options, expected] of refusals) {
    test(fact, async () => {
      const { status, output } = await run(args(), options);
      assert.match(output, expected);
      assert.notEqual(status, 0);
      assert.deepEqual(org().log, []);
    });
  }

  const settings = [
    ["of an organisation without settings", { version: 0 }, /has no settings yet: say which --integration-type/],
    ["of an API that Salesforce can't call", { apiEndpoint: "http://127.0.0.1:9000" }, /can't call/],
    [
      "with an attribute that can't name a variable",
      { routingAttributes: [{ value: "queue name" }] },
      /"queue name" can't name/,
    ],
    [
      "with an attribute that the flow uses already",
      { routingAttributes: [{ value: "RecordId" }] },
      /"RecordId" is taken/,
    ],
    [
      "with two attributes that differ by case only",
      { routingAttributes: [{ value: "plan" }, { value: "Plan" }] },
      /"Plan" is taken/,
    ],
  ];
  for (const [fact, change, expected] of settings) {
    test(`for settings ${fact}`, async () => {
      Object.assign(api.settings, change);
      const { status, output } = await run(all());
      assert.match(output, expected);
      assert.equal(status, 1);
      assert.deepEqual(org().log, []);
    });
  }
});

describe("deploy --remove", () => {
  test("removes all that was deployed, in the opposite order", async () => {
    await run(all());
    const { status, output } = await run(["--org", "acme", "--remove"]);
    assert.equal(status, 0, output);
    assert.deepEqual(org().packages, ["settings"]);
    assert.deepEqual(org().assigned, []);
    assert.equal(org().channel.IsActive, false);
    assert.equal(org().flow, null);
  });

  test("asks an org without messaging nothing about it", async () => {
    await run(all("--without-messaging"));
    const { status, output } = await run(["--org", "acme", "--remove", "--without-messaging"]);
    assert.equal(status, 0, output);
    assert.deepEqual(org().packages, []);
    assert.deepEqual(org().assigned, []);
  });

  test("may be repeated, and needs no key", async () => {
    setOrg({ packages: ["settings"] });
    const { status, output } = await run(["--org", "acme", "--remove"], { key: "" });
    assert.equal(status, 0, output);
  });
});

describe("the project for an organisation", () => {
  const withProject = (settings, check) => {
    const copy = copyOfProject(settings);
    try {
      check(copy);
    } finally {
      rmSync(copy, { recursive: true });
    }
  };

  test("has one name for each routing attribute everywhere, and passes the checks", () => {
    const settings = {
      integrationType: "omniChannelFlow",
      routingAttributes: [{ value: "Plan" }, { value: "queueName" }],
    };
    withProject(settings, (copy) => {
      assert.deepEqual([...references(copy), ...metadataTypes(copy)], []);
      const channel = readFileSync(
        join(copy, "packages/channel/messagingChannels/Fullview_Messaging_Channel.messagingChannel-meta.xml"),
        "utf8",
      );
      assert.deepEqual(
        [...channel.matchAll(/<externalParameterName>(\w+)</g)].map(([, name]) => name),
        ["FullviewEscalationId", "Plan", "queueName"],
      );
    });
  });

  test("lets conversations wait in a Fullview Flow, which has chosen live by its business hours", () => {
    const waits = (copy) =>
      /<name>WaitsWithoutAgent<\/name>[^]*?<booleanValue>(\w+)</.exec(
        readFileSync(join(copy, "packages/routing/flows/Fullview_Omni_Channel_Flow.flow-meta.xml"), "utf8"),
      )[1];
    withProject({ integrationType: "fullviewFlow", routingAttributes: [] }, (copy) =>
      assert.equal(waits(copy), "true"),
    );
    withProject({ integrationType: "omniChannelFlow", routingAttributes: [] }, (copy) =>
      assert.equal(waits(copy), "false"),
    );
  });
});
