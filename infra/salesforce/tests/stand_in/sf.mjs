#!/usr/bin/env node
// Stands in for the Salesforce CLI: takes what its manifests in STAND_IN_MANIFESTS allow, keeps the metadata of an org in the
// file STAND_IN_ORG, and carries everything that is a REST call on to the Salesforce simulator.
import { readFileSync, writeFileSync } from "node:fs";
import { readCommandLine } from "./command_line.mjs";
import { MetadataApi } from "./metadata.mjs";

const API = "/services/data/v66.0";

const org = JSON.parse(readFileSync(process.env.STAND_IN_ORG, "utf8"));
const metadata = new MetadataApi(org, setUp);
const FLOW_FILE = /^flows\/(\w+)\.flow$/;

const COMMANDS = {
  "org display": () => org.display,
  "project deploy start": (flags) => metadata.deploy(flags),
  "project delete source": (flags) => metadata.delete(flags),
  "project retrieve start": (flags) => metadata.retrieve(flags),
  "data query": ({ query, "use-tooling-api": isTooling }) => runQuery(query, isTooling),
  "data update record": ({ sobject, "record-id": id, values }) => rest("PATCH", record(sobject, id), pairs(values)),
  "data delete record": deleteRecord,
  "org assign permset": assign,
};

async function main() {
  const { command, flags, positionals } = readCommandLine(process.argv.slice(2), process.env.STAND_IN_MANIFESTS);
  if (flags["target-org"] !== org.alias) throw new Error(`no org has the alias ${flags["target-org"]}`);
  if (process.env.FULLVIEW_API_KEY) throw new Error("sf was given Fullview's key");
  org.log.push(`${command} ${flags["source-dir"] ?? flags.name ?? flags.sobject ?? positionals[0] ?? ""}`.trim());
  if (command === "api request rest") await request(flags, positionals[0]);
  else console.log(JSON.stringify({ status: 0, result: (await COMMANDS[command](flags)) ?? {} }));
  writeFileSync(process.env.STAND_IN_ORG, JSON.stringify(org));
}

async function call(method, path, body) {
  const response = await fetch(`${org.rest}${path}`, {
    method,
    headers: { authorization: `Bearer ${org.display.accessToken}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

async function rest(method, path, body) {
  const answer = await call(method, path, body);
  if (answer.status >= 400) throw new Error(answer.body[0].message);
  return answer.body;
}

/** As the command `api request rest` prints it: the body, whatever the status. */
async function request({ method, body }, path) {
  const answer = await call(method, path, body && JSON.parse(body));
  console.log(answer.body === null ? "" : JSON.stringify(answer.body, null, 2));
  if (answer.status >= 400) process.exitCode = 1;
}

const record = (sobject, id, isTooling) => `${API}/${isTooling ? "tooling/" : ""}sobjects/${sobject}/${id}`;

const runQuery = (soql, isTooling) =>
  rest("GET", `${API}/${isTooling ? "tooling/" : ""}query?q=${encodeURIComponent(soql)}`);

/** The CLI makes true and false of the words. */
function pairs(values) {
  const pair = ([name, value]) => [name, { true: true, false: false }[value] ?? value];
  return Object.fromEntries(values.split(" ").map((text) => pair(text.split("="))));
}

async function deleteRecord({ sobject, "record-id": id, "use-tooling-api": isTooling }) {
  await rest("DELETE", record(sobject, id, isTooling));
  if (sobject === "Flow") await forgetFlows();
}

/** With its last version goes what metadata knows of a flow. */
async function forgetFlows() {
  const left = (await runQuery("SELECT DeveloperName FROM FlowDefinition", true)).records;
  for (const path of Object.keys(org.files)) {
    const [, name] = FLOW_FILE.exec(path) ?? [];
    if (name && !left.some(({ DeveloperName }) => DeveloperName === name)) delete org.files[path];
  }
}

async function assign({ name: [name], "on-behalf-of": [username] }) {
  const [user] = (await runQuery(`SELECT Id FROM User WHERE Username='${username}'`)).records;
  const [set] = (await runQuery(`SELECT Id FROM PermissionSet WHERE Name='${name}'`)).records;
  if (!user || !set) throw new Error(`No record found for ${user ? name : username}`);
  const answer = await call("POST", `${API}/sobjects/PermissionSetAssignment`, {
    AssigneeId: user.Id,
    PermissionSetId: set.Id,
  });
  if (answer.status < 400) return { successes: [{ name: username, value: name }], failures: [] };
  process.exitCode = 1;
  return { successes: [], failures: [{ name: username, message: answer.body[0].message }] };
}

async function setUp(method, components) {
  const response = await fetch(`${org.rest}/control/orgs/${org.clientId}/components`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(components),
  });
  if (!response.ok) throw new Error(await response.text());
}

main().catch((error) => {
  console.log(JSON.stringify({ status: 1, message: error.message || undefined, result: error.result }));
  process.exitCode = 1;
});
