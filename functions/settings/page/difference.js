/** How two drafts differ, field by field. */

import { parts, pointerTo, withValue } from "./pointers.js";

/** Lists whose rows are told apart by this member, wherever in the list they stand. */
const KEYS = { "/businessHours/exceptions": "date", "/routingAttributes": "value", "/case/fields": "name" };

/** Each field of a draft by its pointer. In a list, a row's key stands for its index; a weekday is one field. */
export function flatten(draft) {
  const fields = new Map();
  collect(draft, "", fields);
  return fields;
}

function collect(value, pointer, fields) {
  if (pointer in KEYS) return collectRows(value, pointer, fields);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    if (value !== null || !isGroup(pointer)) fields.set(pointer, value);
    return;
  }
  for (const [name, inner] of Object.entries(value)) collect(inner, pointer + pointerTo(name), fields);
}

function isGroup(pointer) {
  return pointer === "/messaging" || pointer === "/businessHours";
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
 * a field that is not there is undefined. There is a conflict where both changed it.
 */
export function compare(base, mine, theirs) {
  const [before, own, other] = [base, mine, theirs].map(flatten);
  return changedFields(mine, theirs).map((pointer) => {
    const [was, isMine, isTheirs] = [before, own, other].map((fields) => fields.get(pointer));
    const isConflict = !isSame(was, isMine) && !isSame(was, isTheirs);
    return { pointer, before: was, mine: isMine, theirs: isTheirs, isConflict };
  });
}

/** Whether a difference from `compare` is of a field that only the others changed. */
export function isTheirsOnly({ before, mine }) {
  return isSame(before, mine);
}

/** My draft, but with their fields at these pointers. */
export function merge(mine, theirs, pointers) {
  const [fields, other] = [flatten(mine), flatten(theirs)];
  for (const pointer of pointers) {
    if (other.has(pointer)) fields.set(pointer, other.get(pointer));
    else fields.delete(pointer);
  }
  return unflatten(fields);
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
