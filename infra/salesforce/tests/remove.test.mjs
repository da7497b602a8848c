// The deploy command's `--remove`.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Org, options } from "./harness.mjs";
import { SettingsApi } from "./settings_api.mjs";

const RECORD = "staticresources/FullviewDeployed.resource";
const APP = "externalClientApps/Fullview_Integration.eca";
const CHANNEL = "messagingChannels/Fullview_Messaging_Channel.messagingChannel";
const REMOVE = ["--org", "acme", "--remove"];

describe("deploy --remove", () => {
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

  const assignedSets = async () => (await org.assigned()).map((line) => line.split(":")[0]);

  async function succeed(args, options) {
    const { status, output } = await org.run(args, options);
    assert.equal(status, 0, output);
  }

  test("removes all that was deployed, every version of the flow too, and lets it be deployed again", async () => {
    await succeed(all());
    await succeed(all());
    await succeed(REMOVE);
    assert.deepEqual(org.state.packages, ["settings"]);
    assert.deepEqual(
      Object.keys(org.state.files).filter((path) => !path.startsWith("settings/")),
      [],
    );
    assert.deepEqual(await org.assigned(), []);
    assert.deepEqual(await org.query("SELECT Id FROM MessagingChannel"), []);
    assert.deepEqual(await org.query("SELECT Id FROM Flow", "tooling/"), []);
    await succeed(all());
  });

  test("asks an org without messaging nothing about it", async () => {
    await succeed(all("--without-messaging"));
    org.change((state) => (state.log = []));
    await succeed(REMOVE);
    assert.deepEqual(org.state.packages, []);
    assert.deepEqual(await org.assigned(), []);
    assert.ok(org.state.log.every((line) => !line.includes("MessagingChannel")));
  });

  test("may be repeated, and needs no key", async () => {
    await succeed(all());
    await succeed(REMOVE, { key: "" });
    await succeed(REMOVE, { key: "" });
  });

  test("leaves a skipped package with its record and permission sets, and removes it later", async () => {
    await succeed(all());
    await succeed([...REMOVE, "--skip", "case", "--skip", "callback"]);
    assert.deepEqual(org.state.packages.sort(), ["callback", "case", "record", "settings"]);
    assert.deepEqual(await assignedSets(), ["Fullview_Integration", "Fullview_Callback_Runner", "Fullview_Admin"]);
    const recorded = Object.keys(JSON.parse(org.state.files[RECORD]));
    assert.ok(recorded.includes("objects/Case.object") || recorded.some((path) => path.startsWith("objects/Case/")));
    assert.ok(!recorded.some((path) => path.startsWith("flows/")));
    await succeed(REMOVE);
    assert.deepEqual(org.state.packages, ["settings"]);
  });

  test("leaves what an admin has made by hand, as the record does not know it", async () => {
    await succeed(all("--skip", "app", "--skip", "channel", "--skip", "deployment"));
    const own = { [APP]: "<ExternalClientApplication/>", [CHANNEL]: "<MessagingChannel/>" };
    org.change(({ files }) => Object.assign(files, own));
    await succeed(REMOVE);
    assert.deepEqual(org.state.packages, ["settings"]);
    assert.deepEqual([org.state.files[APP], org.state.files[CHANNEL]], Object.values(own));
    assert.ok(org.state.log.every((line) => !line.startsWith("project delete source packages/app")));
  });

  test("removes nothing where nothing is recorded", async () => {
    org.change(({ files }) => (files[APP] = "<ExternalClientApplication/>"));
    const { status, output } = await org.run(REMOVE);
    assert.equal(status, 0, output);
    assert.match(output, /nothing is removed/);
    assert.ok(org.state.files[APP]);
  });

  test("stops before what was changed in the org, unless it is to be removed with --overwrite", async () => {
    await succeed(all());
    org.edit(CHANNEL, "<masterLabel>", "<masterLabel>Own: ");
    const before = org.state.files;
    const { status, output } = await org.run(REMOVE);
    assert.equal(status, 1);
    assert.match(
      output,
      /would be removed:\n {2}messagingChannels\/Fullview_Messaging_Channel\.messagingChannel \(package/,
    );
    assert.deepEqual(org.state.files, before);
    await succeed([...REMOVE, "--overwrite"]);
    assert.deepEqual(org.state.packages, ["settings"]);
  });

  const refusals = [
    ["an option of a deployment", ["--endpoint", "https://api.fullview.example"], /--endpoint has no effect/],
    ["a flag of a deployment", ["--without-messaging"], /--without-messaging has no effect/],
    ["a package that it never removes", ["--skip", "settings"], /--skip settings: the packages are case,/],
  ];
  for (const [fact, args, expected] of refusals) {
    test(`refuses ${fact}`, async () => {
      const { status, output } = await org.run([...REMOVE, ...args]);
      assert.equal(status, 2);
      assert.match(output, expected);
      assert.deepEqual(org.state.log, []);
    });
  }
});
