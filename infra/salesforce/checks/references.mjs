// What one file names, another has: within the project, in a package that is deployed no later, and in the Rust code.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Components, list, names, one } from "./components.mjs";
import { filesBelow } from "./files.mjs";
import { checkFlow, inputsOf } from "./flow_references.mjs";
import { ESCALATION_ID_LENGTH, checkRequiredValues } from "./required_values.mjs";

/** What the Omni-Channel flow is always given. */
const RECORD_ID = "recordId";

export function references(project) {
  const context = new Components(project);
  checkFolders(context);
  for (const file of context.files) CHECKS[file.root]?.(context, file);
  checkCustomMetadata(context);
  checkReplacements(context);
  checkOneNameForAll(context);
  checkRequiredValues(context);
  return context.problems;
}

const CHECKS = {
  ApexClass: checkClass,
  CustomTab: (context, file) => context.need(file, "CustomObject", file.name),
  EmbeddedServiceConfig: checkDeployment,
  ExtlClntAppConfigurablePolicies: checkApp,
  ExtlClntAppGlobalOauthSettings: checkApp,
  ExtlClntAppOauthConfigurablePolicies: checkPolicy,
  ExtlClntAppOauthSettings: checkApp,
  Flow: checkFlow,
  ListView: checkListView,
  MessagingChannel: checkChannel,
  PermissionSet: checkPermissionSet,
  Queue: (context, file) => context.need(file, "QueueRoutingConfig", one(file.content, "queueRoutingConfig")),
};

function checkFolders(context) {
  const folders = new Set(
    filesBelow(join(context.project, "packages")).map((file) => `packages/${file.split("/")[0]}`),
  );
  for (const folder of folders) {
    if (!context.packages.includes(folder)) context.problems.push(`${folder}: is not in sfdx-project.json`);
  }
}

function checkClass(context, file) {
  const { sourceApiVersion } = JSON.parse(readFileSync(join(context.project, "sfdx-project.json"), "utf8"));
  const version = one(file.content, "apiVersion");
  if (version !== sourceApiVersion) context.report(file, `apiVersion is ${version}, the project's ${sourceApiVersion}`);
  const apex = readFileSync(join(context.project, file.path.replace("-meta.xml", "")), "utf8");
  for (const [, name] of apex.matchAll(/FROM StaticResource\s+WHERE Name = '(\w+)'/g)) {
    context.need(file, "StaticResource", name);
  }
}

function checkChannel(context, file) {
  const { content } = file;
  const flow = context.need(file, "Flow", one(content, "sessionHandlerFlow"));
  context.need(file, "Queue", one(content, "sessionHandlerQueue"));
  if (flow) checkMappings(context, file, flow);
}

/** Each parameter reaches a variable of the flow, and each variable is reached by one. */
function checkMappings(context, channel, flow) {
  const parameters = list(channel.content, "customParameters");
  const mapped = parameters.flatMap((parameter) => names(parameter, "actionParameterMappings", "actionParameterName"));
  const inputs = inputsOf(flow);
  for (const name of mapped.filter((name) => !inputs.includes(name))) {
    context.report(channel, `the flow ${flow.name} has no input variable ${name}`);
  }
  for (const name of inputs.filter((name) => name !== RECORD_ID && !mapped.includes(name))) {
    context.report(flow, `no parameter of the channel is mapped to the variable ${name}`);
  }
  for (const parameter of parameters.filter((parameter) => !parameter.actionParameterMappings)) {
    context.report(channel, `the parameter ${one(parameter, "name")} is mapped to no variable`);
  }
  if (!inputs.includes(RECORD_ID)) context.report(flow, `has no input variable ${RECORD_ID}`);
}

/** The hidden pre-chat fields are the channel's parameters. */
function checkDeployment(context, file) {
  const channel = context.need(
    file,
    "MessagingChannel",
    one(one(file.content, "embeddedServiceMessagingChannel"), "messagingChannel"),
  );
  const forms = list(file.content, "embeddedServiceForms");
  const fields = forms.flatMap((form) => list(form, "embeddedServiceFormFields"));
  const named = fields.map((field) => one(field, "formField"));
  const parameters = channel ? names(channel.content, "customParameters", "name") : [];
  for (const name of named.filter((name) => !parameters.includes(name))) {
    context.report(file, `the channel has no parameter ${name}`);
  }
  for (const name of parameters.filter((name) => !named.includes(name))) {
    context.report(file, `the channel's parameter ${name} is no pre-chat field`);
  }
}

function checkPermissionSet(context, file) {
  const { content } = file;
  for (const name of names(content, "classAccesses", "apexClass")) context.need(file, "ApexClass", name);
  for (const name of names(content, "fieldPermissions", "field")) {
    if (name.endsWith("__c")) context.need(file, "CustomField", name);
  }
  for (const name of names(content, "objectPermissions", "object")) context.needIfOurs(file, "CustomObject", name);
  for (const name of names(content, "tabSettings", "tab")) context.needIfOurs(file, "CustomTab", name);
  for (const name of names(content, "servicePresenceStatusAccesses", "servicePresenceStatus")) {
    context.need(file, "ServicePresenceStatus", name);
  }
}

function checkListView(context, file) {
  for (const column of list(file.content, "columns").filter((column) => column.endsWith("__c"))) {
    context.need(file, "CustomField", `${file.name.split(".")[0]}.${column}`);
  }
}

function checkApp(context, file) {
  context.need(file, "ExternalClientApplication", one(file.content, "externalClientApplication"));
}

function checkPolicy(context, file) {
  checkApp(context, file);
  for (const name of one(file.content, "commaSeparatedPermissionSet").split(","))
    context.need(file, "PermissionSet", name.trim());
}

/** A record has each field of its type, and no other. */
function checkCustomMetadata(context) {
  for (const file of context.ofType("CustomMetadata")) {
    const type = `${file.name.split(".")[0]}__mdt`;
    const fields = context
      .ofType("CustomField")
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${type}.`));
    const given = names(file.content, "values", "field").map((name) => `${type}.${name}`);
    for (const name of given) context.need(file, "CustomField", name);
    for (const name of fields.filter((name) => !given.includes(name))) context.report(file, `has no value for ${name}`);
  }
}

/** Each placeholder that is to be replaced stands where it is looked for. */
function checkReplacements(context) {
  const { replacements } = JSON.parse(readFileSync(join(context.project, "sfdx-project.json"), "utf8"));
  for (const { filename, stringToReplace } of replacements) {
    const path = join(context.project, filename);
    if (!existsSync(path)) context.problems.push(`sfdx-project.json: there is no ${filename}`);
    else if (!readFileSync(path, "utf8").includes(stringToReplace)) {
      context.problems.push(`sfdx-project.json: ${filename} has no ${stringToReplace}`);
    }
  }
}

/** The names that the functions send are the org's. */
function checkOneNameForAll(context) {
  const sent = constant(context, "shared/src/routing_attributes.rs", "ESCALATION_ID_FIELD");
  for (const channel of context.ofType("MessagingChannel")) {
    const parameters = list(channel.content, "customParameters");
    const parameter = parameters.find((parameter) => one(parameter, "externalParameterName") === sent);
    if (!parameter) context.report(channel, `has no parameter ${sent}, which is sent with every conversation`);
    else if (one(parameter, "maxLength") !== ESCALATION_ID_LENGTH)
      context.report(channel, `maxLength of ${sent} is ${one(parameter, "maxLength")}, not ${ESCALATION_ID_LENGTH}`);
  }
  const field = constant(context, "shared/src/case_fields.rs", "EXTERNAL_ID_FIELD");
  if (!context.components.has(`CustomField Case.${field}`)) {
    context.problems.push(`there is no CustomField Case.${field}, which Cases are created with`);
  }
}

function constant(context, file, name) {
  const repository = new URL("../../../", import.meta.url).pathname;
  const value = readFileSync(join(repository, file), "utf8").match(new RegExp(`const ${name}: &str = "([^"]+)"`))?.[1];
  if (!value) context.problems.push(`${file}: there is no constant ${name}`);
  return value;
}
