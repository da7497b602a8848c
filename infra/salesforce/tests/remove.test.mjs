// The deploy command's `--remove`.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Org, options } from "./harness.mjs";
import { SettingsApi } from "./settings_api.mjs";

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
    await succeed([...REMOVE, "--without-messaging"]);
    assert.deepEqual(org.state.packages, []);
    assert.deepEqual(await org.assigned(), []);
    assert.ok(org.state.log.every((line) => !line.includes("MessagingChannel")));
  });

  test("may be repeated, and needs no key", async () => {
    await succeed(all());
    await succeed(REMOVE, { key: "" });
    await succeed(REMOVE, { key: "" });
  });
});
