/** How fields of the settings are called on the page, and how their values are shown. */

import { GROUPS, flatten } from "./difference.js";
import { DAYS } from "./document.js";
import { sentence } from "./failure.js";
import { date } from "./formats.js";
import { parts, withValue } from "./pointers.js";
import { texts } from "./texts.js";

const { connectedApp, messaging, hours, rescue, apexAction } = texts;
const NAMES = {
  "/integrationType": texts.type.title,
  "/salesforce": connectedApp.title,
  "/salesforce/domain": connectedApp.domain,
  "/salesforce/clientId": connectedApp.clientId,
  "/salesforce/clientSecret": connectedApp.clientSecret,
  "/messaging": messaging.title,
  "/messaging/organizationId": messaging.organizationId,
  "/messaging/developerName": messaging.developerName,
  "/messaging/url": messaging.url,
  "/businessHours": hours.title,
  "/businessHours/timeZone": hours.timeZone,
  "/businessHours/holidays": hours.holidays,
  "/routingAttributes": texts.routing.title,
  "/case": texts.case.title,
  "/case/fields": texts.case.fields,
  "/rescue": rescue.title,
  "/rescue/longestWaitMinutes": rescue.wait,
  "/apexActionConfigured": apexAction.configured,
};
const WORDS = {
  "/integrationType": (value) => texts.type.options[value]?.name,
  "/businessHours/holidays": (value) => (value === "" ? hours.noHolidays : value),
  "/case/contact": (value) => texts.case.contacts[value],
  "/case/attachTranscript": (value) => texts.case.transcripts[value],
};

/** What a field is called; of a row of a list its key, which stands for its index, is part of the name. */
export function labelOf(pointer) {
  if (NAMES[pointer] !== undefined) return NAMES[pointer];
  const [top, list, key] = parts(pointer);
  if (top === "routingAttributes")
    return [`${texts.routing.title}: ${rowName(list)}`, texts.routing[key]].filter(Boolean).join(", ");
  if (top === "businessHours" && list === "weekly" && DAYS.includes(key)) return `${hours.title}: ${hours.days[key]}`;
  if (top === "businessHours" && list === "exceptions") return `${hours.exceptions}: ${rowName(key)}`;
  if (top === "case" && list === "fields") return `${texts.case.fields}: ${rowName(key)}`;
  if (top === "case") return `${texts.case.title}: ${caseName(list)}`;
  return pointer;
}

/** What is against a preview's question, and the settings in it, by names that the page has: `{name, detail}`. */
export function refusalsOf(errors) {
  return errors.map(({ pointer, detail }) => ({ name: questionLabelOf(pointer), detail: sentence(detail) }));
}

function questionLabelOf(pointer) {
  const [top, name, property] = parts(pointer);
  if (top === "settings") return name === undefined ? texts.setup.title : labelOf(pointer.slice("/settings".length));
  if (top === "at") return texts.preview.moment;
  if (property !== undefined) return `${texts.preview.properties}: ${property}`;
  return texts.preview[name ?? top] ?? labelOf(pointer);
}

/** An index counts from one, a key is itself. */
function rowName(key) {
  return /^\d+$/.test(key ?? "") ? Number(key) + 1 : (key ?? texts.empty).trim();
}

function caseName(name) {
  if (name === "assignmentRule") return texts.case.owners.rule;
  return texts.case[name] ?? name;
}

/** Changes by their pointers, but the days of a week as they come. */
export function inOrder(changes) {
  const place = ({ pointer }) => pointer.replace(/(?<=^\/businessHours\/weekly\/).+$/, (day) => DAYS.indexOf(day));
  return changes.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
}

/** A field's value as text. */
export function shown(value, pointer = "") {
  if ((value ?? null) === null && pointer.startsWith("/businessHours/weekly/")) return hours.closed;
  if (value === undefined || value === null) return texts.none;
  if (value === "") return WORDS[pointer]?.(value) ?? texts.empty;
  if (typeof value === "boolean") return value ? texts.yes : texts.no;
  if (Array.isArray(value)) return value.length === 0 ? emptyList(pointer) : value.map((inner) => shown(inner)).join(", ");
  if (typeof value === "object") return GROUPS.includes(pointer) ? shownGroup(value, pointer) : shownRow(value);
  return WORDS[pointer]?.(value) ?? String(value);
}

function emptyList(pointer) {
  return pointer.startsWith("/businessHours/weekly") ? hours.closed : texts.none;
}

function shownGroup(group, pointer) {
  const fields = [...flatten(withValue({}, pointer, group))];
  const nameOf = (field) => labelOf(field).replace(`${labelOf(pointer)}: `, "");
  return fields.map(([field, value]) => `${nameOf(field)}: ${shown(value, field)}`).join("; ");
}

function shownRow(row) {
  if ("open" in row) return `${row.open}–${row.close}`;
  if ("intervals" in row) return `${date(row.date)}: ${row.intervals.length === 0 ? hours.closed : shown(row.intervals)}`;
  if ("kind" in row) return row.kind === "value" ? `“${row.text}”` : row.text;
  if ("attribute" in row && "value" in row) return `${row.attribute} → ${row.value}`;
  return Object.entries(row)
    .map(([name, value]) => `${name}: ${shown(value)}`)
    .join(", ");
}
