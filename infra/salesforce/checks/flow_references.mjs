// What a flow names: its own elements, Apex actions and their inputs, queues, custom fields.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { list, names, one } from "./components.mjs";

const FLOW_NODES = ["actionCalls", "decisions", "recordCreates", "recordLookups", "recordUpdates"];
const FLOW_RESOURCES = ["constants", "variables"];

export function checkFlow(context, file) {
  const elements = flowElements(file.content);
  checkFlowNames(context, file, elements);
  for (const action of list(file.content, "actionCalls")) {
    if (one(action, "actionType") === "apex") checkApexAction(context, file, action);
  }
  for (const lookup of list(file.content, "recordLookups").filter((lookup) => one(lookup, "object") === "Group")) {
    for (const filter of list(lookup, "filters").filter((filter) => one(filter, "field") === "DeveloperName")) {
      context.need(file, "Queue", one(one(filter, "value"), "stringValue"));
    }
  }
  for (const write of [...list(file.content, "recordCreates"), ...list(file.content, "recordUpdates")]) {
    for (const field of names(write, "inputAssignments", "field").filter((field) => field.endsWith("__c"))) {
      context.need(file, "CustomField", `${one(write, "object")}.${field}`);
    }
  }
}

function flowElements(content) {
  return new Set(
    [...FLOW_NODES, ...FLOW_RESOURCES].flatMap((kind) => list(content, kind).map((node) => one(node, "name"))),
  );
}

/** Connectors lead to nodes, references to nodes or variables, and each node is reached. */
function checkFlowNames(context, file, elements) {
  const targets = new Set(valuesOf(file.content, "targetReference"));
  const used = ["elementReference", "assignToReference", "leftValueReference"].flatMap((name) =>
    valuesOf(file.content, name),
  );
  for (const name of [...targets, ...used.map((reference) => reference.split(".")[0])]) {
    if (!elements.has(name) && !name.startsWith("$")) context.report(file, `has no element ${name}`);
  }
  for (const node of FLOW_NODES.flatMap((kind) => list(file.content, kind))) {
    if (!targets.has(one(node, "name"))) context.report(file, `nothing leads to ${one(node, "name")}`);
  }
}

function valuesOf(content, name) {
  if (typeof content !== "object") return [];
  return Object.entries(content).flatMap(([key, values]) =>
    key === name ? values : values.flatMap((value) => valuesOf(value, name)),
  );
}

/** The action is an invocable class, and gets inputs that it has and all that it requires. */
function checkApexAction(context, file, action) {
  const className = one(action, "actionName");
  const component = context.need(file, "ApexClass", className);
  if (!component) return;
  const apex = readFileSync(join(context.project, component.path.replace("-meta.xml", "")), "utf8");
  if (!apex.includes("@InvocableMethod(")) context.report(file, `${className} is not invocable`);
  const given = names(action, "inputParameters", "name");
  const known = [...apex.matchAll(/@InvocableVariable\(([^]*?)\n {8}\)\s+public \w+ (\w+);/g)];
  for (const name of given.filter((name) => !known.some(([, , variable]) => variable === name))) {
    context.report(file, `${className} has no input ${name}`);
  }
  for (const [, , name] of known.filter(
    ([, options, name]) => options.includes("required=true") && !given.includes(name),
  )) {
    context.report(file, `${className} needs the input ${name}`);
  }
}

/** The variables that a caller can set. */
export function inputsOf(flow) {
  return list(flow.content, "variables")
    .filter((variable) => one(variable, "isInput") === "true")
    .map((variable) => one(variable, "name"));
}
