// The deploy command against the stand-in for the Salesforce CLI, the Salesforce simulator, and a stand-in for Fullview's settings API.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { ADMIN, DEPLOY, Org, PACKAGES, USER, options } from "./harness.mjs";
import { SettingsApi } from "./settings_api.mjs";

const FLOW = "flows/Fullview_Omni_Channel_Flow.flow";
const RECORD = "staticresources/FullviewDeployed.resource";

describe("deploy, for the first time,", () => {
  let org;
  let first;
  const text = (path) => org.state.files[path];

  before(async () => {
    const api = await SettingsApi.start();
    org = await Org.make();
    first = await org.run(options(api.url, "acme-inc"));
    api.stop();
  });

  after(() => org.forget());

  test("deploys every package in its order, and does what metadata can't", async () => {
    assert.equal(first.status, 0, first.output);
    assert.deepEqual(org.deployed, [...PACKAGES, "record"]);
    assert.equal((await org.query("SELECT Id FROM MessagingChannel WHERE IsActive = true")).length, 1);
    const [deployment] = await org.query("SELECT Id FROM EmbeddedServiceConfig", "tooling/");
    const publish = `/services/data/v67.0/connect/embeddedservice/embeddedserviceconfig/publish/${deployment.Id}`;
    assert.ok((await org.calls()).includes(`POST ${publish}`));
    assert.deepEqual(await org.assigned(), [
      `Fullview_Integration: ${USER}`,
      `Fullview_Messaging_Integration: ${USER}`,
      `Fullview_Callback_Runner: ${USER}`,
      `Fullview_Admin: ${ADMIN}`,
    ]);
  });

  test("puts in the values of Fullview's settings and of the command", async () => {
    const settings = text("customMetadata/Fullview_Settings.Default.md");
    for (const value of ["https://api.fullview.example", "acme-inc", "new-token"])
      assert.ok(settings.includes(`>${value}<`));
    assert.match(text("remoteSiteSettings/Fullview.remoteSite"), />https:\/\/api\.fullview\.example</);
    assert.match(text("externalClientApps/Fullview_Integration.eca"), />it@acme\.example</);
    assert.ok(text("extlClntAppOauthPolicies/Fullview_Integration_OauthPolicy.ecaOauthPlcy").includes(`>${USER}<`));
    assert.ok(text(FLOW).includes("<name>Plan</name>"));
  });

  test("has the org run all of the package's tests", async () => {
    const classes = readdirSync(join(dirname(DEPLOY), "packages/callback/classes"));
    const tests = classes.filter((file) => file.endsWith("Test.cls")).map((file) => file.replace(".cls", ""));
    assert.deepEqual(org.state.tests.sort(), tests.sort());
  });

  test("tells what remains by hand, and no secret", async () => {
    assert.match(
      first.output,
      /OrganizationId 00D\w{12}, DeveloperName Fullview_Messaging_Deployment, Url https:\/\/acme\.my\.salesforce-scrt\.com/,
    );
    assert.match(
      first.output,
      /licence Enhanced Chat User, then the permission set Fullview Agent.*Omni-Channel in its/,
    );
    assert.doesNotMatch(first.output, /secret\b|new-token|Bearer/);
  });

  test("leaves no copy of the project behind", async () => {
    assert.deepEqual(readdirSync(join(org.folder, "tmp")), []);
  });

  test("keeps a record in the org that tells no secret", async () => {
    const digests = JSON.parse(text(RECORD));
    assert.match(digests[FLOW], /^[0-9a-f]{64}$/);
    assert.doesNotMatch(text(RECORD), /new-token/);
  });
});

describe("deploy", () => {
  let api;
  let org;
  const all = (...more) => options(api.url, "acme-inc", ...more);
  const text = (path) => org.state.files[path] ?? "";

  beforeEach(async () => {
    api = await SettingsApi.start();
    org = await Org.make();
  });

  afterEach(() => {
    api.stop();
    org.forget();
  });

  test("may be repeated", async () => {
    await org.run(all());
    const first = { assigned: await org.assigned(), files: org.state.files };
    const { status, output } = await org.run(all());
    assert.equal(status, 0, output);
    assert.deepEqual({ assigned: await org.assigned(), files: org.state.files }, first);
    assert.equal((await org.calls()).filter((call) => call.includes("MessagingChannel")).length, 1);
  });

  test("without messaging deploys Cases and the app only", async () => {
    const { output } = await org.run(all("--without-messaging"));
    assert.deepEqual(org.deployed, ["case", "app", "record"], output);
    assert.deepEqual(await org.assigned(), [`Fullview_Integration: ${USER}`]);
    assert.ok(api.requests.every((request) => !request.includes("escalations-tokens")));
  });

  test("before Fullview has settings deploys for the integration type that it is told", async () => {
    Object.assign(api.settings, { version: 0, integrationType: null, routingAttributes: [] });
    const { status, output } = await org.run(all("--integration-type", "fullviewFlow"));
    assert.equal(status, 0, output);
    assert.match(text(FLOW), /<name>WaitsWithoutAgent<[^]*?<booleanValue>true</);
  });

  test("leaves a skipped package as it is", async () => {
    await org.run(all());
    org.edit(FLOW, "<label>", "<label>Own: ");
    const before = text(FLOW);
    const { status, output } = await org.run(all("--skip", "routing", "--skip", "channel"));
    assert.equal(status, 0, output);
    assert.equal(text(FLOW), before);
  });

  test("ends at a package that is refused", async () => {
    org.change((state) => (state.refuses = ["routing"]));
    const { status, output } = await org.run(all());
    assert.equal(status, 1);
    assert.match(output, /routing is refused/);
    assert.deepEqual(org.state.packages, ["settings", "case", "callback", "record"]);
  });

  test("goes on after what was refused when it is repeated", async () => {
    org.change((state) => (state.refuses = ["routing"]));
    await org.run(all());
    org.change((state) => (state.refuses = []));
    const { status, output } = await org.run(all());
    assert.equal(status, 0, output);
  });

  test("goes on past what Salesforce refuses besides metadata, tells its reasons and ends with 1", async () => {
    await org.refuse("updateMessagingChannel", "Accept the terms first");
    await org.refuse("publishDeployment", "No such site");
    await org.refuse("assignPermissionSet", "No licence");
    const { status, output } = await org.run(all());
    assert.equal(status, 1);
    assert.match(output, /1\. activate the channel Fullview_Messaging_Channel: .*Accept the terms first/);
    assert.match(output, /2\. publish the deployment Fullview_Messaging_Deployment: .*No such site/);
    assert.match(output, /3\. assign the permission set Fullview_Integration to fullview@acme\.example: .*No licence/);
    assert.deepEqual(org.deployed, [...PACKAGES, "record"]);
    assert.equal((await org.run(all())).status, 0, "a repetition makes up for it");
  });

  test("assigns the other permission sets when one is refused", async () => {
    await org.refuse("assignPermissionSet", "No licence");
    await org.run(all());
    assert.deepEqual(await org.assigned(), [
      `Fullview_Messaging_Integration: ${USER}`,
      `Fullview_Callback_Runner: ${USER}`,
      `Fullview_Admin: ${ADMIN}`,
    ]);
  });

  const skipped = [
    ["case", ["Fullview_Messaging_Integration", "Fullview_Callback_Runner", "Fullview_Admin"]],
    ["callback", ["Fullview_Integration", "Fullview_Messaging_Integration"]],
    ["routing", ["Fullview_Integration", "Fullview_Callback_Runner", "Fullview_Admin"]],
  ];
  for (const [name, assigned] of skipped) {
    test(`does not assign the permission sets of the skipped package ${name}`, async () => {
      await org.run(all());
      for (const { Id } of await org.query("SELECT Id FROM PermissionSetAssignment")) await org.deleteAssignment(Id);
      const { status, output } = await org.run(all("--skip", name));
      assert.equal(status, 0, output);
      assert.deepEqual(
        (await org.assigned()).map((line) => line.split(":")[0]),
        assigned,
      );
    });
  }

  test("tells what failed before what ended it, a record that failed too", async () => {
    await org.refuse("updateMessagingChannel", "Accept the terms first");
    org.change((state) => (state.refuses = ["app", "record"]));
    const { status, output } = await org.run(all());
    assert.equal(status, 1);
    assert.match(
      output,
      /1\. activate the channel [^\n]*Accept the terms first\n2\. record what was deployed: [^\n]*record is refused\ndeploy: [^\n]*app is refused/,
    );
  });

  test("tells which class has too few tests", async () => {
    org.change((state) => (state.uncovered = "FullviewOrg"));
    const { status, output } = await org.run(all());
    assert.equal(status, 1);
    assert.match(output, /deploy: sf project deploy start: Average[^\n]*\n {2}FullviewOrg: Test coverage .* is 40%/);
  });
});

describe("deploy touches no org", () => {
  let api;
  let org;
  const all = (...more) => options(api.url, "acme-inc", ...more);

  beforeEach(async () => {
    api = await SettingsApi.start();
    org = await Org.make();
  });

  afterEach(() => {
    api.stop();
    org.forget();
  });

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
    [
      "with a skipped package that it would not deploy",
      () => all("--without-messaging", "--skip", "routing"),
      {},
      /--skip routing: the packages are case, app/,
    ],
    ["with another key", () => all(), { key: "other" }, /401 unauthenticated/],
    ["without a key", () => all(), { key: "" }, /FULLVIEW_API_KEY is missing/],
    ["over plain HTTP", () => all("--endpoint", "http://api.fullview.example"), {}, /starts with https/],
    ["for a user that would break the SOQL", () => all("--integration-user", "a'b@c"), {}, /--integration-user is not/],
  ];
  for (const [fact, args, options, expected] of refusals) {
    test(fact, async () => {
      const { status, output } = await org.run(args(), options);
      assert.match(output, expected);
      assert.notEqual(status, 0);
      assert.deepEqual(org.state.log, []);
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
      const { status, output } = await org.run(all());
      assert.match(output, expected);
      assert.equal(status, 1);
      assert.deepEqual(org.state.log, []);
    });
  }
});
