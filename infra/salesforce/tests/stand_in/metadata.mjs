// The Metadata API of the stand-in's org: it keeps each file of a package in a form of its own, as Salesforce does, and
// deploys a package only after those that it names things of.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { filesBelow } from "../../deployment/files.mjs";

const NEEDS = {
  channel: ["settings", "routing"],
  deployment: ["channel"],
  routing: ["settings", "callback", "case"],
  app: ["case"],
};
const USED_BY = { case: ["routing", "app"], callback: ["routing"], routing: ["channel"], channel: ["deployment"] };
const TYPES = {
  EmbeddedServiceConfig: ".EmbeddedServiceConfig-meta.xml",
  Flow: ".flow-meta.xml",
  MessagingChannel: ".messagingChannel-meta.xml",
  PermissionSet: ".permissionset-meta.xml",
};

export class MetadataApi {
  /** `setUp` tells the REST API of components that come and go. */
  constructor(org, setUp) {
    this.org = org;
    this.setUp = setUp;
  }

  async deploy({ "source-dir": [source], tests, "test-level": level, "ignore-conflicts": ignoresConflicts }) {
    const name = basename(source);
    if (!existsSync("sfdx-project.json") || !existsSync(source)) throw new Error("this is no project");
    if (this.org.refuses?.includes(name)) throw new Error(`${name} is refused`);
    if (level && this.org.uncovered) throw uncovered(this.org.uncovered);
    if (!ignoresConflicts) throw new Error("a sandbox would stop at a conflict with itself");
    for (const needed of NEEDS[name] ?? [])
      if (!this.org.packages.includes(needed)) throw new Error(`${name} needs ${needed}`);
    if (!this.org.packages.includes(name)) this.org.packages.push(name);
    for (const file of filesBelow(source)) this.org.files[inOrg(file)] = this.#asStored(join(source, file));
    if (level === "RunSpecifiedTests") this.org.tests = tests;
    await this.setUp("POST", components(source));
    return { success: true };
  }

  async delete({ "source-dir": [source], "no-prompt": isSilent }) {
    const name = basename(source);
    if (!isSilent) throw new Error("would ask");
    for (const user of USED_BY[name] ?? [])
      if (this.org.packages.includes(user)) throw new Error(`${name} is used by ${user}`);
    await this.setUp("DELETE", components(source));
    this.org.packages = this.org.packages.filter((other) => other !== name);
    for (const file of filesBelow(source)) delete this.org.files[inOrg(file)];
    return {};
  }

  retrieve({ "source-dir": sources, "target-metadata-dir": target, unzip: isUnzipped }) {
    if (!isUnzipped) throw new Error("would leave a zip file");
    const wanted = sources.flatMap((source) => filesBelow(source)).map(inOrg);
    for (const path of ["package.xml", ...wanted.filter((path) => path in this.org.files)]) {
      const file = join(target, "unpackaged", "unpackaged", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, this.org.files[path] ?? "<Package/>");
    }
    return { success: true };
  }

  #asStored(file) {
    const { replacements } = JSON.parse(readFileSync("sfdx-project.json", "utf8"));
    let text = readFileSync(file, "utf8");
    for (const { filename, stringToReplace, replaceWithEnv } of replacements.filter((one) => one.filename === file)) {
      const value = process.env[replaceWithEnv];
      if (!value) throw new Error(`the variable ${replaceWithEnv} is not set`);
      if (!text.includes(stringToReplace)) throw new Error(`${filename} has no ${stringToReplace}`);
      text = text.replaceAll(stringToReplace, value);
    }
    return file.endsWith(".xml") ? text.replaceAll(/>\s+</g, ">\n<") : text;
  }
}

/** As the CLI tells of it: without a message. */
function uncovered(className) {
  const message = "Test coverage of selected Apex Class is 40%, at least 75% test coverage is required";
  const runTestResult = { numFailures: 0, failures: [], codeCoverageWarnings: { name: className, message } };
  const errorMessage = "Average test coverage is too low";
  return Object.assign(new Error(""), { result: { success: false, errorMessage, details: { runTestResult } } });
}

/** The name of a file in the Metadata API's own format, but for objects, which it has whole. */
function inOrg(file) {
  if (file.includes("staticresources/")) return file.replace(/\.json$/, ".resource");
  return file.endsWith(".cls-meta.xml") ? file : file.replace(/-meta\.xml$/, "");
}

function components(source) {
  return filesBelow(source).flatMap((file) =>
    Object.entries(TYPES)
      .filter(([, suffix]) => file.endsWith(suffix))
      .map(([type, suffix]) => ({ type, fullName: basename(file, suffix) })),
  );
}
