// The deploy command where someone has changed in the org what it once deployed.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Org, options } from "./harness.mjs";
import { SettingsApi } from "./settings_api.mjs";

const FLOW = "flows/Fullview_Omni_Channel_Flow.flow";
const QUEUE = "queues/Fullview_Messaging.queue";
const PRESENCE = "presenceUserConfigs/Fullview_Agents.presenceUserConfig";

let api;
let org;
const all = (...more) => options(api.url, "acme-inc", ...more);
const text = (path) => org.state.files[path] ?? "";
const change = () => org.edit(FLOW, "<label>", "<label>Own: ");

beforeEach(async () => (api = await SettingsApi.start()));
afterEach(() => api.stop());

describe("deploy, after the first time,", () => {
  let deployed;

  before(async () => {
    api = await SettingsApi.start();
    org = await Org.make();
    await org.run(all());
    deployed = org.state;
    api.stop();
  });

  beforeEach(() => org.change((state) => Object.assign(state, structuredClone(deployed))));
  after(() => org.forget());

  test("stops before what was changed in the org, and says what it is and how to go on", async () => {
    change();
    const before = org.state.files;
    const { status, output } = await org.run(all());
    assert.equal(status, 1);
    assert.match(
      output,
      /would be overwritten:\n {2}flows\/Fullview_Omni_Channel_Flow\.flow \(package routing\)\nKeep them with --skip/,
    );
    assert.deepEqual(org.state.files, before);
  });

  test("overwrites it with --overwrite, says what, and does not ask again", async () => {
    change();
    const { status, output } = await org.run(all("--overwrite"));
    assert.equal(status, 0, output);
    assert.match(output, /flows\/Fullview_Omni_Channel_Flow\.flow \(package routing\) will be overwritten/);
    assert.doesNotMatch(text(FLOW), /Own: /);
    assert.equal((await org.run(all())).status, 0);
  });

  test("leaves it with --skip, and still knows of it later", async () => {
    change();
    assert.equal((await org.run(all("--skip", "routing"))).status, 0);
    assert.match((await org.run(all())).output, /would be overwritten:\n {2}flows/);
  });

  test("goes on where something was deleted, and brings it back", async () => {
    org.change(({ files }) => delete files[FLOW]);
    assert.equal((await org.run(all())).status, 0);
    assert.match(text(FLOW), /<label>/);
  });

  test("goes on for a change of Fullview's own settings", async () => {
    api.settings.routingAttributes = [{ attribute: "plan", value: "Tier" }];
    api.tokens = [{ id: "3", token: "newer-token", validUntil: null }];
    const { status, output } = await org.run(all());
    assert.equal(status, 0, output);
    assert.ok(text(FLOW).includes("<name>Tier</name>") && !text(FLOW).includes("<name>Plan</name>"));
  });

  test("keeps the agents whom an admin has added to the queue and the presence configuration", async () => {
    const users = "<queueMembers>\n<users>\n<user>grace@acme.example</user>\n</users>\n</queueMembers>\n";
    const assignments = "<assignments>\n<users>\n<user>grace@acme.example</user>\n</users>\n</assignments>\n";
    org.edit(QUEUE, "</Queue>", `${users}</Queue>`);
    org.edit(PRESENCE, "</Pres", `${assignments}</Pres`);
    const { status, output } = await org.run(all());
    assert.equal(status, 0, output);
    assert.ok(text(QUEUE).includes(users));
    assert.ok(text(PRESENCE).includes(assignments));
  });
});

test("deploy, for the first time, stops before what is there already", async () => {
  org = await Org.make();
  org.change(({ files }) => (files["remoteSiteSettings/Fullview.remoteSite"] = "<RemoteSiteSetting/>"));
  const { status, output } = await org.run(all());
  assert.equal(status, 1);
  assert.match(output, /remoteSiteSettings\/Fullview\.remoteSite \(package callback\)/);
  org.forget();
});
