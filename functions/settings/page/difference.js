/** How two drafts differ, field by field. */

import { parts, pointerTo, valueAt, withValue } from "./pointers.js";

/** Lists whose rows are told apart by this member, wherever in the list they stand. */
const KEYS = { "/businessHours/exceptions": "date", "/routingAttributes": "value", "/case/fields": "name" };

/** Parts that are there as a whole or not at all. */
export const GROUPS = ["/messaging", "/businessHours"];

/** Each field of a draft by its pointer. In a list, a row's key stands for its index; a weekday is one field. */
export function flatten(draft) {
  const fields = new Map();
  collect(draft, "", fields);
  return fields;
}

function collect(value, pointer, fields) {
  if (pointer in KEYS) return collectRows(value, pointer, fields);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    if (value !== null || !GROUPS.includes(pointer)) fields.set(pointer, value);
    return;
  }
  for (const [name, inner] of Object.entries(value)) collect(inner, pointer + pointerTo(name), fields);
}

function collectRows(rows, pointer, fields) {
  for (const row of rows) {
    let place = pointer + pointerTo(row[KEYS[pointer]]);
    while (fields.has(place)) place += " ";
    fields.set(place, row);
  }
}

/** The draft of which these are the fields. */
export function unflatten(fields) {
  const empty = { messaging: null, businessHours: null, routingAttributes: [], case: { fields: [] } };
  return [...fields].reduce((draft, [pointer, value]) => withField(draft, pointer, value), empty);
}

function withField(draft, pointer, value) {
  const list = Object.keys(KEYS).find((list) => pointer.startsWith(`${list}/`));
  if (list !== undefined) return withValue(draft, list, [...rowsOf(draft, list), value]);
  const started = pointer.startsWith("/businessHours/") && draft.businessHours === null;
  return withValue(started ? { ...draft, businessHours: { exceptions: [] } } : draft, pointer, value);
}

function rowsOf(draft, list) {
  return parts(list).reduce((value, part) => value?.[part], draft) ?? [];
}

/** The pointers of fields that are in only one of two drafts, or differ. */
export function changedFields(before, after) {
  const [old, fresh] = [flatten(before), flatten(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((pointer) => !isSame(old.get(pointer), fresh.get(pointer)));
}

/**
 * What two people changed of the same draft: `{pointer, before, mine, theirs, isConflict}` for each field that they made different;
 * a field that is not there is undefined. There is a conflict where both changed it. A group that only one of them has is one field:
 * half of it would be no settings.
 */
export function compare(base, mine, theirs) {
  const groups = GROUPS.filter((group) => (valueAt(mine, group) === null) !== (valueAt(theirs, group) === null));
  const [before, own, other] = [base, mine, theirs].map(flatten);
  const fields = changedFields(mine, theirs).filter((pointer) => !groups.some((group) => pointer.startsWith(`${group}/`)));
  return [
    ...groups.map((group) => difference(group, ...[base, mine, theirs].map((draft) => valueAt(draft, group)))),
    ...fields.map((pointer) => difference(pointer, ...[before, own, other].map((flat) => flat.get(pointer)))),
  ];
}

function difference(pointer, before, mine, theirs) {
  return { pointer, before, mine, theirs, isConflict: !isSame(before, mine) && !isSame(before, theirs) };
}

/** Whether a difference from `compare` is of a field that only the others changed. */
export function isTheirsOnly({ before, mine }) {
  return isSame(before, mine);
}

/** My draft, but with their fields, or groups, at these pointers. */
export function merge(mine, theirs, pointers) {
  const [fields, other] = [flatten(mine), flatten(theirs)];
  for (const pointer of pointers) {
    if (other.has(pointer)) fields.set(pointer, other.get(pointer));
    else fields.delete(pointer);
  }
  const groups = GROUPS.filter((group) => [...pointers].includes(group));
  return groups.reduce((draft, group) => withValue(draft, group, valueAt(theirs, group)), unflatten(fields));
}

/**
 * What became of a value that was sent, together with what it was changed to meanwhile: what is as it was sent is as it was stored, the
 * rest is as it is now. A list is one or the other, so that its rows stay where the admin has them.
 */
export function carriedOver(sent, now, stored) {
  if (isSame(sent, now)) return stored;
  if (![sent, now, stored].every(isObject)) return now;
  return Object.fromEntries(Object.keys(now).map((name) => [name, carriedOver(sent[name], now[name], stored[name])]));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
