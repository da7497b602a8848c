// Fields that flows, permission sets and SOQL name exist: apexlink, which knows Salesforce's own, reads a class that names them too.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { apexTypes } from "./apex_types.mjs";
import { Components, list, names, one } from "./components.mjs";

const CLASS = "FullviewNamedFields";
const CLASSES = "packages/callback/classes";

export function namedFields(project) {
  const context = new Components(project);
  const named = [
    ...context.ofType("Flow").flatMap(inFlow),
    ...context.ofType("PermissionSet").flatMap(inPermissionSet),
    ...context.ofType("ApexClass").flatMap((file) => inSoql(project, file)),
  ];
  const copy = mkdtempSync(join(tmpdir(), "fullview-named-fields-"));
  try {
    for (const part of ["packages", "sfdx-project.json"])
      cpSync(join(project, part), join(copy, part), { recursive: true });
    writeFileSync(join(copy, CLASSES, `${CLASS}.cls`), classNaming(named));
    writeFileSync(join(copy, CLASSES, `${CLASS}.cls-meta.xml`), "<ApexClass/>");
    return apexTypes(copy).filter((line) => !line.endsWith(".cls"));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const classNaming = (named) =>
  [
    `public class ${CLASS} {`,
    "public static void read() {",
    ...named.map(({ object, field }, index) => `Object value${index} = new ${object}().${field};`),
    "}",
    "}",
  ].join("\n");

function inFlow({ content }) {
  const records = ["recordCreates", "recordLookups", "recordUpdates"].flatMap((kind) => list(content, kind));
  return records.flatMap((record) =>
    [
      ...names(record, "filters", "field"),
      ...names(record, "inputAssignments", "field"),
      ...list(record, "queriedFields"),
    ].map((field) => ({ object: one(record, "object"), field })),
  );
}

function inPermissionSet({ content }) {
  return names(content, "fieldPermissions", "field").map((name) => {
    const [object, field] = name.split(".");
    return { object, field };
  });
}

/** Of the queries in brackets, the fields that are read and those of the conditions. */
function inSoql(project, { path }) {
  const apex = readFileSync(join(project, CLASSES, basename(path).replace("-meta.xml", "")), "utf8");
  return [...apex.matchAll(/\[\s*SELECT ([^\]]+?)\sFROM (\w+)(?:\s+WHERE ([^\]]+))?/g)].flatMap(
    ([, fields, object, condition = ""]) =>
      [...fields.split(","), ...[...condition.matchAll(/([\w.]+) (?:=|IN) /g)].map(([, field]) => field)]
        .map((field) => field.trim())
        .filter((field) => field !== "COUNT()")
        .map((field) => ({ object, field })),
  );
}
