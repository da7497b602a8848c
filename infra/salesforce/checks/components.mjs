// The project's components, by type and name, with the place of their package in the order of deployment.
import { basename, join } from "node:path";
import { filesBelow, packagesOf, readXml } from "./files.mjs";

const OURS = /^Fullview/;

/** The components, and what was found wrong with them. */
export class Components {
  constructor(project) {
    this.project = project;
    this.problems = [];
    this.packages = packagesOf(project);
    this.files = this.packages.flatMap((path, order) => filesOf(project, path, order));
    this.components = new Map(this.files.map((file) => [`${file.root} ${file.name}`, file]));
  }

  report(file, message) {
    this.problems.push(`${file.path}: ${message}`);
  }

  /** The component that `file` names; reported if there is none, or if it is deployed later. */
  need(file, type, name) {
    const target = this.components.get(`${type} ${name}`);
    if (!target) this.report(file, `there is no ${type} ${name}`);
    else if (target.order > file.order) this.report(file, `${type} ${name} is deployed later`);
    return target;
  }

  /** The same, for a name that may be Salesforce's own. */
  needIfOurs(file, type, name) {
    return OURS.test(name.split(".").at(-1)) ? this.need(file, type, name) : undefined;
  }

  ofType(type) {
    return this.files.filter(({ root }) => root === type);
  }
}

function filesOf(project, path, order) {
  return filesBelow(join(project, path))
    .filter((file) => file.endsWith("-meta.xml"))
    .map((file) => ({ path: join(path, file), order, name: nameOf(file), ...readXml(join(project, path, file)) }));
}

function nameOf(file) {
  const name = basename(file).replace(/\.[A-Za-z]+-meta\.xml$/, "");
  const object = file.match(/objects\/(\w+)\/(?:fields|listViews)\//)?.[1];
  return object ? `${object}.${name}` : name;
}

export const list = (content, name) => content[name] ?? [];
export const one = (content, name) => list(content, name)[0];
export const names = (content, element, name) => list(content, element).map((item) => one(item, name));
