// Removes what the command has deployed, as the org's record of it tells, in the opposite order. It stops at the first failure, as
// what follows depends on it.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES } from "./arguments.mjs";
import { keepRecorded, readOrg, recorded, respectEdits } from "./edits.mjs";
import { FLOW } from "./project.mjs";

const CHANNEL = "Fullview_Messaging_Channel";
const FLOW_NAME = "Fullview_Omni_Channel_Flow";
const PERMISSION_SETS = {
  case: ["Fullview_Integration"],
  callback: ["Fullview_Admin", "Fullview_Callback_Runner"],
  routing: ["Fullview_Agent", "Fullview_Messaging_Integration"],
};
const TOOLING = { tooling: true };

/** What remains by hand. */
export function remove(salesforce, request) {
  const org = salesforce.display();
  console.log(`org ${org.username} (${org.instanceUrl})`);
  const entries = recorded(salesforce, PACKAGES);
  const isRecorded = (name) => entries.some((entry) => entry.name === name);
  const packages = PACKAGES.filter((name) => isRecorded(name) && !request.skipped.includes(name));
  if (packages.length === 0) {
    console.log("nothing is removed: the org has no record of anything that was deployed and is not skipped");
    return [];
  }
  respectEdits(salesforce, packages, readOrg(salesforce, packages), request, "removed");
  for (const { what, run } of STEPS.filter((step) => packages.includes(step.package))) {
    console.log(what);
    run(salesforce);
  }
  keepRecorded(
    salesforce,
    entries.filter(({ name }) => !packages.includes(name)),
  );
  return [
    "Setup, Messaging Settings and Omni-Channel Settings: turn off what nothing else uses. The integration user is still there.",
  ];
}

const deletion = (name) => ({ package: name, what: `delete ${name}`, run: (salesforce) => salesforce.delete(name) });

const unassignment = (name) => ({
  package: name,
  what: `take the permission sets ${PERMISSION_SETS[name].join(" and ")} from their users`,
  run: (salesforce) => unassign(salesforce, PERMISSION_SETS[name]),
});

const STEPS = [
  deletion("app"),
  ...Object.keys(PERMISSION_SETS).map(unassignment),
  deletion("deployment"),
  { package: "channel", what: `deactivate the channel ${CHANNEL}`, run: deactivateChannel },
  deletion("channel"),
  { package: "routing", what: `delete the flow ${FLOW_NAME}`, run: deleteFlow },
  { package: "routing", what: "delete routing", run: deleteRouting },
  deletion("callback"),
  deletion("case"),
];

function unassign(salesforce, names) {
  const listed = names.map((name) => `'${name}'`).join(", ");
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
