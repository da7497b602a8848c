// Deploys the packages in their order, and does what metadata can't. Every step may be repeated.
import { keepPeople, readOrg, record, respectEdits } from "./edits.mjs";

const TESTS = [
  "FullviewCallbackDeliveryTest",
  "FullviewCallbackRetryTest",
  "FullviewEndConversationTest",
  "FullviewOrgTest",
  "FullviewSettingsTest",
];
const CHANNEL = "Fullview_Messaging_Channel";
const DEPLOYMENT = "Fullview_Messaging_Deployment";
// The first version that publishes a deployment; older ones answer 404.
const PUBLISH = "/services/data/v67.0/connect/embeddedservice/embeddedserviceconfig/publish";

/** What remains by hand; what besides metadata failed is added to `failed`. A package that can't be deployed ends it. */
export function deploy(salesforce, request, settings, failed) {
  const org = salesforce.display();
  console.log(`org ${org.username} (${org.instanceUrl})`);
  const steps = stepsFor(request, org).filter((step) => !request.skipped.includes(step.package));
  const run = { salesforce, values: valuesFor(request, settings), deployed: [], failed };
  try {
    for (const step of steps.filter(isSwitch)) carryOut(run, step);
    prepare(salesforce, request, steps);
    for (const step of steps.filter((step) => !isSwitch(step))) carryOut(run, step);
  } finally {
    if (run.deployed.length > 0) attempt("record what was deployed", () => record(salesforce, run.deployed), failed);
  }
  return remaining(request, settings, org);
}

/** Until these are on, Salesforce knows nothing of the other components; deployed again they change nothing. */
const isSwitch = (step) => step.package === "settings";

function stepsFor({ messaging, integrationUser }, { username }) {
  const assignCase = assignment("case", "Fullview_Integration", integrationUser);
  if (!messaging) return [{ package: "case" }, assignCase, { package: "app" }];
  return [
    { package: "settings" },
    { package: "case" },
    { package: "callback", tests: TESTS },
    { package: "routing" },
    { package: "channel" },
    { package: "channel", what: `activate the channel ${CHANNEL}`, run: activateChannel },
    { package: "deployment" },
    { package: "deployment", what: `publish the deployment ${DEPLOYMENT}`, run: publish },
    assignCase,
    assignment("routing", "Fullview_Messaging_Integration", integrationUser),
    assignment("callback", "Fullview_Callback_Runner", integrationUser),
    assignment("callback", "Fullview_Admin", username),
    { package: "app" },
  ];
}

/** A step of its own, as one may be refused for want of a licence that the others do without. */
function assignment(packageName, name, username) {
  const what = `assign the permission set ${name} to ${username}`;
  return { package: packageName, what, run: (salesforce) => assign(salesforce, name, username) };
}

/** What someone has changed in the org since is not deployed over, unless that is asked for. */
function prepare(salesforce, request, steps) {
  const packages = steps.filter((step) => !step.run && !isSwitch(step)).map((step) => step.package);
  const inOrg = readOrg(salesforce, packages);
  respectEdits(salesforce, packages, inOrg, request, "overwritten");
  keepPeople(salesforce.folder, inOrg);
}

function carryOut({ salesforce, values, deployed, failed }, step) {
  if (step.run) return attempt(step.what, () => step.run(salesforce), failed);
  console.log(`deploy ${step.package}`);
  salesforce.deploy(step.package, values, step.tests ?? []);
  if (!isSwitch(step)) deployed.push(step.package);
}

function valuesFor(request, settings) {
  return {
    FULLVIEW_API_ENDPOINT: settings.apiEndpoint,
    FULLVIEW_ORGANISATION_ID: request.organisation,
    FULLVIEW_ESCALATIONS_TOKEN: settings.escalationsToken ?? "",
    FULLVIEW_CONTACT_EMAIL: request.contactEmail,
    FULLVIEW_INTEGRATION_USER: request.integrationUser,
  };
}

function attempt(what, run, failed) {
  console.log(what);
  try {
    run();
  } catch (error) {
    failed.push(`${what}: ${error.message}`);
  }
}

function activateChannel(salesforce) {
  const channel = only(
    salesforce.query(`SELECT Id, IsActive FROM MessagingChannel WHERE DeveloperName = '${CHANNEL}'`),
    CHANNEL,
  );
  if (!channel.IsActive) salesforce.update("MessagingChannel", channel.Id, "IsActive=true");
}

function publish(salesforce) {
  const soql = `SELECT Id FROM EmbeddedServiceConfig WHERE DeveloperName = '${DEPLOYMENT}'`;
  const { Id } = only(salesforce.query(soql, { tooling: true }), DEPLOYMENT);
  const answer = salesforce.request("POST", `${PUBLISH}/${Id}`, {});
  if (answer?.isSuccess !== true)
    throw new Error(answer?.errorMsg ?? answer?.[0]?.message ?? "Salesforce did not confirm it");
}

/** If it is not assigned yet, as a second assignment is an error. */
function assign(salesforce, name, username) {
  const soql =
    "SELECT Id FROM PermissionSetAssignment " +
    `WHERE Assignee.Username = '${username}' AND PermissionSet.Name = '${name}'`;
  if (salesforce.query(soql).length === 0) salesforce.assignPermissionSet(name, username);
}

function only(records, name) {
  if (records.length !== 1) throw new Error(`the org has ${records.length} of the name ${name}`);
  return records[0];
}

function remaining(request, settings, org) {
  const host = new URL(org.instanceUrl).host;
  const app =
    `Setup, External Client App Manager, Fullview Integration, Settings, OAuth Settings: copy Consumer Key ` +
    `and Secret into Fullview, with the domain ${host}.`;
  if (!request.messaging) return [app];
  const messagingHost = host.replace(/\.my\.salesforce\.com$/, ".my.salesforce-scrt.com");
  const flow =
    settings.integrationType === "omniChannelFlow"
      ? [
          "If another flow is to route: add the action Fullview End Conversation where it makes a Case, choose the flow in " +
            "the channel, and from then on deploy with --skip routing --skip channel.",
        ]
      : [];
  return [
    app,
    `Fullview, Messaging: OrganizationId ${org.id.slice(0, 15)}, DeveloperName ${DEPLOYMENT}, Url https://${messagingHost} ` +
      "(compare with Setup, Embedded Service Deployments, Install Code Snippet).",
    "Setup, Queues, Fullview Messaging: add the agents. Give them the permission set licence Enhanced Chat User, then the " +
      "permission set Fullview Agent and, in Presence Configurations, Fullview Agents. Their console needs Omni-Channel in " +
      "its utility bar (Setup, App Manager).",
    "Fullview, Routing Attributes: after a change run this again, which brings the org's channel, pre-chat and flow in line.",
    ...flow,
    'Fullview, Configure Apex action: check "I have configured the Apex action", and test the callback.',
  ];
}
