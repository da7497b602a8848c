// What the Apex sends is what Fullview takes: the JSON has the members of the example that Apex tests and the function
// apex-callback's tests read, each filled from what has its name, and goes to the path of the function's route.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const CLASSES = "packages/callback/classes";
const EXAMPLE = "packages/callback/staticresources/FullviewCallbackExample.json";
const TEMPLATE = new URL("../../template.yaml", import.meta.url);
/** The object of each kind of message in the example: its class, and its variable in `toJson`. */
const KINDS = {
  withCase: { type: "Outcome", variable: "outcome" },
  silent: { type: "Outcome", variable: "outcome" },
  test: { type: "TestMessage", variable: "test" },
};

export function wire(project) {
  const read = (name) => readFileSync(join(project, CLASSES, `${name}.cls`), "utf8");
  const body = read("FullviewCallbackBody");
  const example = JSON.parse(readFileSync(join(project, EXAMPLE), "utf8"));
  const version = body.match(/PACKAGE_VERSION = '([^']+)'/)?.[1];
  return [
    ...Object.entries(KINDS).flatMap(([kind, { type }]) => differences(kind, example[kind], membersOf(body, type))),
    ...["withCase", "silent"]
      .filter((kind) => example[kind]?.packageVersion !== version)
      .map((kind) => `${EXAMPLE}: packageVersion of ${kind} is not the Apex's ${version}`),
    ...[KINDS.withCase, KINDS.test].flatMap((kind) => assignmentsOf(read("FullviewCallback"), body, kind)),
    ...pathOf(read("FullviewSettings")),
  ];
}

/** `{ name, value }` of the members; the value is what a member has from the start. All are sent, public or not. */
function membersOf(apex, type) {
  const body = apex.match(new RegExp(`class ${type} \\{([^}]*)\\}`))?.[1] ?? "";
  const statements = body.split(";").map((statement) => statement.trim());
  return statements.filter(Boolean).map((statement) => {
    const [, name = statement, value] = statement.match(/^public [\w.<>]+ (\w+)(?: = (.+))?$/) ?? [];
    return { name, value };
  });
}

function differences(kind, example, members) {
  const expected = Object.keys(example ?? {})
    .sort()
    .join(", ");
  const actual = members
    .map(({ name }) => name)
    .sort()
    .join(", ");
  return expected === actual && actual !== ""
    ? []
    : [`${EXAMPLE}: ${kind} has [${expected}], the Apex builds [${actual}]`];
}

/** Each member that starts without a value gets that of its own name, none gets another, and nulls are sent too. */
function assignmentsOf(apex, body, { type, variable }) {
  const given = [...apex.matchAll(new RegExp(`\\b${variable}\\.(\\w+) = ([^;]+);`, "g"))];
  const actual = given.map(([, name, value]) => `${name} = ${value}`).sort();
  const expected = membersOf(body, type)
    .filter(({ value }) => value === undefined)
    .map(({ name }) => `${name} = ${name}`)
    .sort();
  const problems = [];
  if (actual.join() !== expected.join()) {
    problems.push(`FullviewCallback.cls: ${variable} gets [${actual.join(", ")}], not [${expected.join(", ")}]`);
  }
  if (!apex.includes(`return JSON.serialize(${variable});`)) {
    problems.push(`FullviewCallback.cls: does not return JSON.serialize(${variable})`);
  }
  return problems;
}

function pathOf(settings) {
  const path = settings.match(/return endpoint \+ '([^']*)' \+ organisationId;/)?.[1];
  const route = readFileSync(TEMPLATE, "utf8").match(/FunctionName: apex-callback\n[^]*?\n +Path: (\S+)/)?.[1];
  return route === `${path}{organisationId}`
    ? []
    : [`FullviewSettings.cls: the callback goes to ${path}{organisationId}, the function's route is ${route}`];
}
