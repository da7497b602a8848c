// The JSON that the Apex builds has the members of the example that Apex tests and the function apex-callback's tests read.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const CLASSES = "packages/callback/classes";
const EXAMPLE = "packages/callback/staticresources/FullviewCallbackExample.json";

export function wire(project) {
  const apex = readFileSync(join(project, CLASSES, "FullviewCallbackBody.cls"), "utf8");
  const example = JSON.parse(readFileSync(join(project, EXAMPLE), "utf8"));
  const version = apex.match(/PACKAGE_VERSION = '([^']+)'/)?.[1];
  return [
    ...differences("withCase", example.withCase, membersOf(apex, "Outcome")),
    ...differences("silent", example.silent, membersOf(apex, "Outcome")),
    ...differences("test", example.test, membersOf(apex, "TestMessage")),
    ...["withCase", "silent"]
      .filter((kind) => example[kind]?.packageVersion !== version)
      .map((kind) => `${EXAMPLE}: packageVersion of ${kind} is not the Apex's ${version}`),
  ];
}

function membersOf(apex, name) {
  const body = apex.match(new RegExp(`class ${name} \\{([^}]*)\\}`))?.[1] ?? "";
  return [...body.matchAll(/public String (\w+)/g)].map(([, member]) => member);
}

function differences(kind, example, members) {
  const expected = Object.keys(example ?? {})
    .sort()
    .join(", ");
  const actual = [...members].sort().join(", ");
  return expected === actual && actual !== ""
    ? []
    : [`${EXAMPLE}: ${kind} has [${expected}], the Apex builds [${actual}]`];
}
