#!/usr/bin/env node
// Stands in for the Salesforce CLI: knows the commands and options that the deploy command may use, as @salesforce/cli
// 2.150.6 has them, refuses all others,
// keeps an org in the file STAND_IN_ORG, and deploys a package only after those that it names things of.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const org = JSON.parse(readFileSync(process.env.STAND_IN_ORG, "utf8"));
const text = { type: "string" };
const flag = { type: "boolean" };
const NEEDS = {
  channel: ["settings", "routing"],
  deployment: ["channel"],
  routing: ["settings", "callback", "case"],
  app: ["case"],
};
const USED_BY = { case: ["routing", "app"], callback: ["routing"], routing: ["channel"], channel: ["deployment"] };

const COMMANDS = {
  "org display": [{}, () => org.display],
  "project deploy start": [
    {
      "source-dir": text,
      wait: text,
      "ignore-conflicts": flag,
      "test-level": text,
      tests: { type: "string", multiple: true },
    },
    deploy,
  ],
  "project delete source": [{ "source-dir": text, wait: text, "no-prompt": flag }, remove],
  "data query": [{ query: text, "use-tooling-api": flag }, query],
  "data update record": [{ sobject: text, "record-id": text, values: text }, update],
  "data delete record": [{ sobject: text, "record-id": text, "use-tooling-api": flag }, deleteRecord],
  "org assign permset": [{ name: text, "on-behalf-of": text }, assign],
  "api request rest": [{ method: text, body: text }, request],
};

function main() {
  const name = Object.keys(COMMANDS).find((command) => process.argv.slice(2).join(" ").startsWith(`${command} `));
  if (!name) fail(`no such command: ${process.argv.slice(2).join(" ")}`);
  const [options, run] = COMMANDS[name];
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2 + name.split(" ").length),
    options: { ...options, "target-org": text, json: flag },
    allowPositionals: name === "api request rest",
  });
  if (values["target-org"] !== org.alias) fail(`no org has the alias ${values["target-org"]}`);
  if (process.env.FULLVIEW_API_KEY) fail("sf was given Fullview's key");
  const result = run(values, positionals);
  org.log.push(`${name} ${values["source-dir"] ?? values.name ?? values.sobject ?? positionals[0] ?? ""}`.trim());
  writeFileSync(process.env.STAND_IN_ORG, JSON.stringify(org));
  console.log(name === "api request rest" ? JSON.stringify(result) : JSON.stringify({ status: 0, result }));
}

function fail(message) {
  console.log(JSON.stringify({ status: 1, message }));
  process.exit(1);
}

function deploy(values) {
  const name = values["source-dir"].replace("packages/", "");
  if (!existsSync("sfdx-project.json") || !existsSync(values["source-dir"])) fail("this is no project");
  if (org.refuses?.includes(name)) fail(`${name} is refused`);
  for (const needed of NEEDS[name] ?? []) if (!org.packages.includes(needed)) fail(`${name} needs ${needed}`);
  if (!org.packages.includes(name)) org.packages.push(name);
  for (const { filename, replaceWithEnv } of JSON.parse(readFileSync("sfdx-project.json", "utf8")).replacements) {
    if (!filename.startsWith(`${values["source-dir"]}/`)) continue;
    if (!process.env[replaceWithEnv]) fail(`the variable ${replaceWithEnv} is not set`);
    org.values[replaceWithEnv] = process.env[replaceWithEnv];
  }
  if (name === "callback") org.tests = values["test-level"] === "RunSpecifiedTests" ? values.tests : [];
  if (name === "channel") org.channel ??= { Id: "0Mj000000000001AAA", IsActive: false };
  if (name === "routing")
    org.flow = readFileSync("packages/routing/flows/Fullview_Omni_Channel_Flow.flow-meta.xml", "utf8");
  return { success: true };
}

function remove(values) {
  const name = values["source-dir"].replace("packages/", "");
  if (!values["no-prompt"]) fail("would ask");
  for (const user of USED_BY[name] ?? []) if (org.packages.includes(user)) fail(`${name} is used by ${user}`);
  if (name === "channel" && org.channel?.IsActive) fail("the channel is active");
  if (name === "routing" && org.flow) fail("the flow is active");
  if (name === "case" && org.assigned.length > 0) fail("a permission set is assigned");
  org.packages = org.packages.filter((other) => other !== name);
  return {};
}

function query({ query: soql, "use-tooling-api": isTooling = false }) {
  const object = soql.match(/FROM (\w+)/)[1];
  if (isTooling !== ["EmbeddedServiceConfig", "Flow", "FlowDefinition"].includes(object))
    fail(`${object} is of the other API`);
  if (object === "MessagingChannel" && !org.packages.includes("settings")) fail("MessagingChannel is not supported");
  const user = soql.match(/Assignee\.Username = '([^']+)'/)?.[1];
  const assigned = org.assigned.filter((one) => !user || one.user === user);
  const records = {
    EmbeddedServiceConfig: org.packages.includes("deployment") ? [{ Id: "0Ux000000000001AAA" }] : [],
    Flow: org.flow ? [{ Id: "301000000000001AAA" }] : [],
    FlowDefinition: org.flow
      ? [{ Id: "300000000000001AAA", ActiveVersionId: org.flowIsInactive ? null : "301000000000001AAA" }]
      : [],
    MessagingChannel: org.channel && !(soql.includes("IsActive = true") && !org.channel.IsActive) ? [org.channel] : [],
    PermissionSetAssignment: assigned.map(({ name, user: of }) => ({
      Id: `${name}/${of}`,
      PermissionSet: { Name: name },
    })),
  }[object];
  return { records };
}

function update({ sobject, "record-id": id, values }) {
  if (sobject !== "MessagingChannel" || id !== org.channel.Id) fail(`no ${sobject} ${id}`);
  if (org.refuses?.includes("activation")) fail("accept the terms first");
  org.channel.IsActive = values === "IsActive=true";
  return {};
}

function deleteRecord({ sobject, "record-id": id }) {
  if (sobject === "PermissionSetAssignment")
    org.assigned = org.assigned.filter(({ name, user }) => `${name}/${user}` !== id);
  else if (sobject === "Flow" && org.flowIsInactive) org.flow = null;
  else fail(`${sobject} ${id} can't be deleted`);
  return {};
}

function assign({ name, "on-behalf-of": user }) {
  if (org.assigned.some((one) => one.name === name && one.user === user)) fail("duplicate PermissionSetAssignment");
  org.assigned.push({ name, user });
  return {};
}

function request({ method, body }, [path]) {
  if (method === "PATCH" && path.includes("/FlowDefinition/")) {
    org.flowIsInactive = JSON.parse(body).Metadata.activeVersionNumber === 0;
    return null;
  }
  if (method !== "POST" || !/^\/services\/data\/v67\.0\/connect\/.*\/publish\/0Ux000000000001AAA$/.test(path))
    fail(`404 ${path}`);
  return { isSuccess: true };
}

main();
