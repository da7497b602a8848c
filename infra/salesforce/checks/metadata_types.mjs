// Each XML file against the types of the Metadata API, which npm's @salesforce/types has from the WSDL: element names,
// required elements, enumerations, numbers, booleans, what a kind of field needs, that repeated elements stand together, and
// the attributes: the Metadata API's namespace, and the type of each value of custom metadata.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, readXml } from "./files.mjs";

const DECLARATIONS = new URL("node_modules/@salesforce/types/lib/metadata.d.ts", import.meta.url);
// File names hold these; source format lets them be repeated inside.
const ALWAYS_ALLOWED = new Set(["fullName"]);
const NAMESPACE = "http://soap.sforce.com/2006/04/metadata";
// The types have these as optional, as other kinds of field have none of them.
const NEEDED_OF_FIELD = {
  Checkbox: ["defaultValue"],
  LongTextArea: ["length", "visibleLines"],
  Number: ["precision", "scale"],
  Text: ["length"],
};

export function metadataTypes(project) {
  const types = readTypes(readFileSync(DECLARATIONS, "utf8"));
  const problems = [];
  for (const file of filesBelow(join(project, "packages")).filter((path) => path.endsWith(".xml"))) {
    const path = join(project, "packages", file);
    try {
      const { root, content } = readXml(path);
      const report = (message) => problems.push(`${file}: ${message}`);
      if (types.objects.has(root)) checkObject(types, root, content, root, report);
      else report(`no metadata type is called ${root}`);
      if (root === "CustomField") checkField(content, report);
      const text = readFileSync(path, "utf8");
      checkContiguous(text, report);
      checkAttributes(root, text, report);
    } catch (error) {
      problems.push(error.message);
    }
  }
  return problems;
}

function readTypes(text) {
  const objects = new Map();
  const enums = new Map();
  for (const [, name, parent, body] of text.matchAll(/^export type (\w+) = (?:(\w+) & )?\{([^]*?)^\};$/gm)) {
    const fields = new Map();
    for (const [, field, optional, type, list] of body.matchAll(/^ {4}(\w+)(\??): (\w+)(\[\])?;$/gm)) {
      fields.set(field, { type, isList: Boolean(list), isRequired: !optional && !list });
    }
    objects.set(name, { parent, fields });
  }
  for (const [, name, values] of text.matchAll(/^export type (\w+) = ('[^;]*');$/gm)) {
    enums.set(name, new Set([...values.matchAll(/'([^']*)'/g)].map(([, value]) => value)));
  }
  return { objects, enums };
}

function fieldsOf(types, name) {
  const { parent, fields } = types.objects.get(name);
  return parent && types.objects.has(parent) ? new Map([...fieldsOf(types, parent), ...fields]) : fields;
}

function checkObject(types, type, content, path, report) {
  const fields = fieldsOf(types, type);
  const elements = typeof content === "object" ? content : {};
  for (const [name, { isRequired }] of fields) {
    if (isRequired && !(name in elements)) report(`${path} needs ${name}`);
  }
  for (const [name, values] of Object.entries(elements)) {
    const field = fields.get(name);
    if (!field && !ALWAYS_ALLOWED.has(name)) report(`${path} has no element ${name}`);
    if (!field) continue;
    if (!field.isList && values.length > 1) report(`${path}.${name} may stand once`);
    for (const value of values) checkValue(types, field.type, value, `${path}.${name}`, report);
  }
}

function checkValue(types, type, value, path, report) {
  if (types.objects.has(type)) checkObject(types, type, value, path, report);
  else if (typeof value === "object" && type !== "any") report(`${path} holds a value, not elements`);
  else if (type === "boolean" && !["true", "false"].includes(value)) report(`${path} is ${value}, not true or false`);
  else if (type === "number" && (value === "" || Number.isNaN(Number(value))))
    report(`${path} is ${value}, not a number`);
  else if (types.enums.has(type) && !types.enums.get(type).has(value)) report(`${path} can't be ${value}`);
}

function checkContiguous(text, report) {
  const open = [{ seen: new Set(), last: null }];
  for (const [, closing, name, empty] of text.matchAll(/<(\/?)(\w+)[^<>?]*?(\/?)>/g)) {
    if (closing) {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    if (name !== parent.last && parent.seen.has(name)) report(`the elements ${name} do not stand together`);
    parent.seen.add(name);
    parent.last = name;
    if (!empty) open.push({ seen: new Set(), last: null });
  }
}

function checkField(content, report) {
  const [type] = content.type ?? [];
  for (const name of NEEDED_OF_FIELD[type] ?? []) {
    if (!(name in content)) report(`CustomField of type ${type} needs ${name}`);
  }
}

function checkAttributes(root, text, report) {
  const [attributes] = text.match(new RegExp(`<${root}[^>]*>`)) ?? [""];
  if (!attributes.includes(` xmlns="${NAMESPACE}"`)) report(`${root} is not in the namespace ${NAMESPACE}`);
  for (const [, prefix] of text.matchAll(/[\s"](xs[di]):/g)) {
    if (!attributes.includes(` xmlns:${prefix}="`)) report(`the namespace ${prefix} is not declared`);
  }
  if (root !== "CustomMetadata") return;
  for (const [value] of text.matchAll(/<value\b[^>]*>/g)) {
    if (!/ xsi:type="xsd:\w+"/.test(value)) report("CustomMetadata.values.value has no xsi:type");
  }
}
