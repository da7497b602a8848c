// The project's files, and its XML as objects in which every element is a list.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";

const parser = new XMLParser({ ignoreAttributes: true, isArray: () => true, parseTagValue: false, trimValues: true });

export { filesBelow } from "../deployment/files.mjs";

/** `{ root, content }` of an XML file. */
export function readXml(path) {
  const text = readFileSync(path, "utf8");
  const valid = XMLValidator.validate(text);
  if (valid !== true) throw new Error(`${path}:${valid.err.line}: ${valid.err.msg}`);
  const [[root, [content]]] = Object.entries(parser.parse(text)).filter(([name]) => name !== "?xml");
  return { root, content };
}

/** The package directories in the order of `sfdx-project.json`, which is the order of deployment. */
export function packagesOf(project) {
  const { packageDirectories } = JSON.parse(readFileSync(join(project, "sfdx-project.json"), "utf8"));
  return packageDirectories.map(({ path }) => path);
}
