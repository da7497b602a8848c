// The project as it is for an organisation, by the checks.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { copyOfProject } from "../../deployment/project.mjs";
import { metadataTypes } from "../metadata_types.mjs";
import { references } from "../references.mjs";

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
