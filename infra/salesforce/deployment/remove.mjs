// Removes what was deployed, in the opposite order. It stops at the first failure, as what follows depends on it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { FLOW } from "./project.mjs";

const CHANNEL = "Fullview_Messaging_Channel";
const FLOW_NAME = "Fullview_Omni_Channel_Flow";
const PERMISSION_SETS = [
  "Fullview_Admin",
  "Fullview_Agent",
  "Fullview_Callback_Runner",
  "Fullview_Integration",
  "Fullview_Messaging_Integration",
];
const TOOLING = { tooling: true };

/** `{ done, failed }`, as in deploying. */
export function remove(salesforce, { messaging }) {
  const org = salesforce.display();
  console.log(`org ${org.username} (${org.instanceUrl})`);
  for (const { what, run } of STEPS.filter((step) => messaging || step.isForCases)) {
    console.log(what);
    run(salesforce);
  }
  return {
    done: [
      "Setup, Messaging Settings and Omni-Channel Settings: turn off what nothing else uses. The integration user is still there.",
    ],
    failed: [],
  };
}

const STEPS = [
  { what: "delete app", isForCases: true, run: (salesforce) => salesforce.delete("app") },
  { what: "take the permission sets from their users", isForCases: true, run: unassign },
  { what: "delete deployment", run: (salesforce) => salesforce.delete("deployment") },
  { what: `deactivate the channel ${CHANNEL}`, run: deactivateChannel },
  { what: "delete channel", run: (salesforce) => salesforce.delete("channel") },
  { what: `delete the flow ${FLOW_NAME}`, run: deleteFlow },
  { what: "delete routing", run: deleteRouting },
  { what: "delete callback", run: (salesforce) => salesforce.delete("callback") },
  { what: "delete case", isForCases: true, run: (salesforce) => salesforce.delete("case") },
  { what: "delete record", isForCases: true, run: (salesforce) => salesforce.delete("record") },
];

function unassign(salesforce) {
  const listed = PERMISSION_SETS.map((name) => `'${name}'`).join(", ");
  const soql = `SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name IN (${listed})`;
  for (const { Id } of salesforce.query(soql)) salesforce.deleteRecord("PermissionSetAssignment", Id);
}

function deactivateChannel(salesforce) {
  const soql = `SELECT Id FROM MessagingChannel WHERE DeveloperName = '${CHANNEL}' AND IsActive = true`;
  for (const { Id } of salesforce.query(soql)) salesforce.update("MessagingChannel", Id, "IsActive=false");
}

/** An active version can't be deleted, and metadata can't delete but the definition's versions. */
function deleteFlow(salesforce) {
  const definitions = `SELECT Id, ActiveVersionId FROM FlowDefinition WHERE DeveloperName = '${FLOW_NAME}'`;
  for (const { Id, ActiveVersionId } of salesforce.query(definitions, TOOLING)) {
    if (ActiveVersionId) {
      salesforce.request("PATCH", `/services/data/v66.0/tooling/sobjects/FlowDefinition/${Id}`, {
        Metadata: { activeVersionNumber: 0 },
      });
    }
  }
  for (const { Id } of salesforce.query(
    `SELECT Id FROM Flow WHERE Definition.DeveloperName = '${FLOW_NAME}'`,
    TOOLING,
  )) {
    salesforce.deleteRecord("Flow", Id, TOOLING);
  }
}

function deleteRouting(salesforce) {
  rmSync(join(salesforce.folder, FLOW));
  salesforce.delete("routing");
}
