// Sees what was changed in the org since the command was last there. Salesforce gives metadata back in a form of its own, so what
// it gives now is compared with what it gave right after the last deployment: digests of that stand in a static resource.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "./files.mjs";

/** The package of the static resource. */
const RECORD = "record";
const RESOURCE = "staticresources/FullviewDeployed";
// People that an admin adds by hand, as the command itself tells him to.
const PEOPLE = [
  { file: "packages/routing/queues/Fullview_Messaging.queue-meta.xml", element: "queueMembers" },
  { file: "packages/routing/presenceUserConfigs/Fullview_Agents.presenceUserConfig-meta.xml", element: "assignments" },
];

/** What the org has of these packages: its files' texts by their paths. */
export function readOrg(salesforce, packages) {
  const folder = mkdtempSync(join(salesforce.folder, "org-"));
  try {
    salesforce.retrieve([...packages, RECORD], folder);
    const files = filesBelow(folder).filter((path) => !path.endsWith("package.xml") && !path.endsWith(".zip"));
    return new Map(
      files.map((path) => [path.replace(/^.*unpackaged\//, ""), readFileSync(join(folder, path), "utf8")]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Paths of what is otherwise than the command left it, or was there before it came. */
function editsIn(org) {
  const recorded = recordIn(org);
  return [...digestsOf(org)].filter(([path, digest]) => recorded[path] !== digest).map(([path]) => path);
}

/** Stops where the org has, of these packages, what the command did not leave there, unless that is to be overwritten. */
export function respectEdits(salesforce, packages, inOrg, { overwrite }, what) {
  const edits = editsIn(inOrg).map((path) => `${path} (package ${packageOf(salesforce.folder, packages, path)})`);
  if (edits.length > 0 && !overwrite) {
    throw new Error(
      `these were changed in the org, or were there before, and would be ${what}:\n  ${edits.join("\n  ")}\n` +
        `Keep them with --skip and their package, or have them ${what} with --overwrite`,
    );
  }
  for (const edit of edits) console.log(`${edit} will be ${what}`);
}

/** What the org's record says that the command has deployed, as `{ path, digest, name }` with the name of the package. */
export function recorded(salesforce, packages) {
  const digests = Object.entries(recordIn(readOrg(salesforce, [])));
  const entries = digests.map(([path, digest]) => ({
    path,
    digest,
    name: packageOf(salesforce.folder, packages, path),
  }));
  return entries.filter(({ name }) => name !== undefined);
}

/** Takes over the people who are in the org's queue and presence configuration. */
export function keepPeople(folder, org) {
  for (const { file, element } of PEOPLE) {
    const path = join(folder, file);
    const inOrg = org.get(file.replace(/^packages\/\w+\//, "").replace("-meta.xml", ""));
    const [people] = inOrg?.match(elements(element)) ?? [];
    if (people) writeFileSync(path, readFileSync(path, "utf8").replace(/(?=<\/\w+>\s*$)/, people));
  }
}

/** Notes how the org has these packages now; what it notes of others stays. */
export function record(salesforce, packages) {
  const org = readOrg(salesforce, packages);
  writeRecord(salesforce, { ...recordIn(org), ...Object.fromEntries(digestsOf(org)) });
}

function writeRecord(salesforce, digests) {
  const file = join(salesforce.folder, "packages", RECORD, `${RESOURCE}.json`);
  writeFileSync(file, JSON.stringify(digests, null, 2));
  salesforce.deploy(RECORD, {}, []);
}

function recordIn(org) {
  return JSON.parse(org.get(`${RESOURCE}.resource`) ?? "{}");
}

function digestsOf(org) {
  const texts = [...org].filter(([path]) => !path.startsWith(RESOURCE));
  return new Map(texts.map(([path, text]) => [path, createHash("sha256").update(withoutPeople(text)).digest("hex")]));
}

function withoutPeople(text) {
  return PEOPLE.reduce((rest, { element }) => rest.replace(elements(element), ""), text);
}

const elements = (name) => new RegExp(`<${name}>[^]*</${name}>\\s*`);

/** Leaves these entries in the record, or no record if there are none. */
export function keepRecorded(salesforce, entries) {
  if (entries.length === 0) salesforce.delete(RECORD);
  else writeRecord(salesforce, Object.fromEntries(entries.map(({ path, digest }) => [path, digest])));
}

/** The package of one of the org's files; the Metadata API has some objects in one file that the project has in many. */
function packageOf(folder, packages, path) {
  const stem = path.replace(/\.[^/]*$/, "");
  return packages.find(
    (name) =>
      existsSync(join(folder, "packages", name)) &&
      filesBelow(join(folder, "packages", name)).some((file) => file.startsWith(stem)),
  );
}
