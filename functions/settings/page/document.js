/** The settings as the page edits them, and on their way from and to the API. */

import { parts, pointerTo } from "./pointers.js";

/** The days of a week in its order, as the settings name them. */
export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** What the org's Apex action needs is shown, the rest of the API's answer is edited; of both only this is kept. */
export function draftOf(view) {
  const { salesforce, messaging, businessHours, rescue, routingAttributes } = view;
  return {
    integrationType: view.integrationType,
    salesforce: { domain: salesforce.domain ?? "", clientId: salesforce.clientId ?? "" },
    messaging: messaging === null ? null : { ...messaging },
    businessHours: businessHours === null ? null : hoursOf(businessHours),
    routingAttributes: routingAttributes.map(({ attribute, value }) => ({ attribute, value })),
    case: caseOf(view.case),
    rescue: { longestWaitMinutes: String(rescue.longestWaitMinutes) },
    apexActionConfigured: view.apexActionConfigured,
  };
}

function hoursOf({ timeZone, weekly, exceptions, holidays }) {
  const days = DAYS.map((day) => [day, weekly[day] ?? []]);
  return { timeZone, weekly: Object.fromEntries(days), exceptions: exceptions ?? [], holidays: holidays ?? "" };
}

function caseOf({ fields, recordTypeId, ownerId, ...rest }) {
  const rows = Object.entries(fields).map(([name, source]) => {
    const kind = "attribute" in source ? "attribute" : "value";
    return { name, kind, text: source[kind] };
  });
  return { ...rest, recordTypeId: recordTypeId ?? "", ownerId: ownerId ?? "", fields: rows };
}

/** Hours to begin with: working days from nine to five. */
export function usualHours(timeZone) {
  const days = DAYS.map((day, index) => [day, index < 5 ? [{ open: "09:00", close: "17:00" }] : []]);
  return { timeZone, weekly: Object.fromEntries(days), exceptions: [], holidays: "" };
}

/** Messaging of which nothing is known yet. */
export const EMPTY_MESSAGING = { organizationId: "", developerName: "", url: "" };

/** The draft with hours if it needs them and has none: they begin with usual ones, where the admin is. */
export function withHours(draft) {
  const { integrationType, messaging, businessHours } = draft;
  if (integrationType !== "fullviewFlow" || messaging === null || businessHours !== null) return draft;
  return { ...draft, businessHours: usualHours(Intl.DateTimeFormat().resolvedOptions().timeZone) };
}

/** The longest wait in minutes that the API gives to a type. */
export function usualWait(integrationType) {
  return integrationType === "omniChannelFlow" ? "1440" : "20";
}

/**
 * The draft without rows in which nothing was written, and without a messaging part of which nothing is known, unless live chat was
 * asked for: in the Fullview Flow.
 */
export function tidied(draft) {
  const { integrationType, messaging, routingAttributes } = draft;
  const isWritten = (...texts) => texts.some((text) => text?.trim());
  const isLive = messaging !== null && (integrationType === "fullviewFlow" || isWritten(...Object.values(messaging)));
  return {
    ...draft,
    messaging: isLive ? messaging : null,
    routingAttributes: routingAttributes.filter(({ attribute, value }) => isWritten(attribute, value)),
    case: { ...draft.case, fields: draft.case.fields.filter(({ name, text }) => isWritten(name, text)) },
  };
}

/** What is sent to the API of a tidied draft; a `clientSecret` of "" keeps the one that is stored. */
export function bodyOf(draft, clientSecret) {
  const { salesforce, messaging, businessHours, routingAttributes, rescue } = trimmed(draft);
  const { fields, recordTypeId, ownerId, ...rest } = trimmed(draft.case);
  const sources = fields.map(({ name, kind, text }) => [name, { [kind]: text }]);
  const wait = rescue.longestWaitMinutes;
  return {
    integrationType: draft.integrationType,
    salesforce: { ...salesforce, ...(clientSecret === "" ? {} : { clientSecret }) },
    messaging,
    businessHours: businessHours && { ...businessHours, holidays: businessHours.holidays || null },
    routingAttributes,
    case: { ...rest, recordTypeId: recordTypeId || null, ownerId: ownerId || null, fields: Object.fromEntries(sources) },
    rescue: { longestWaitMinutes: /^\d+$/.test(wait) ? Number(wait) : wait },
    apexActionConfigured: draft.apexActionConfigured,
  };
}

function trimmed(value) {
  if (typeof value === "string") return value.trim();
  if (Array.isArray(value)) return value.map(trimmed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, trimmed(inner)]));
}

/**
 * Mistakes that the API could not see, because its document has a name only once: `{pointer, detail}`. For Salesforce, names that
 * differ in case only are one.
 */
export function mistakesOf(draft, detail) {
  const names = draft.case.fields.map(({ name }) => name.trim().toLowerCase());
  const repeated = [...names.keys()].filter((index) => names.indexOf(names[index]) < index);
  return repeated.map((index) => ({ pointer: pointerTo("case", "fields", index, "name"), detail }));
}

/** Where in the draft an error of the API belongs: it names fields of the Case, the draft numbers them. */
export function draftPointer(pointer, draft) {
  const [top, list, name] = parts(pointer);
  if (top !== "case" || list !== "fields" || name === undefined) return pointer;
  const index = draft.case.fields.findIndex((field) => field.name.trim() === name);
  return index < 0 ? pointerTo("case", "fields") : pointerTo("case", "fields", index, "name");
}

/** The cards that a draft needs, in the order of the guide. */
export function cardsOf({ integrationType, messaging }) {
  if (integrationType === "omniChannelFlow") {
    return ["type", "messaging", "connectedApp", "apexAction", "routingAttributes", "case", "rescue", "test"];
  }
  if (integrationType !== "fullviewFlow") return ["type"];
  const live = messaging === null ? [] : ["businessHours", "routingAttributes"];
  return ["type", "connectedApp", "messaging", ...live, "case", ...(messaging === null ? [] : ["rescue"]), "test"];
}
