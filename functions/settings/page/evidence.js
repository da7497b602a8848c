/** What the checks of a connection test say about each card. */

const ROUTING = "routingAttribute:";
const CARD_OF_CHECK = {
  token: "connectedApp",
  scopes: "connectedApp",
  createCase: "case",
  externalIdField: "case",
  messagingToken: "messaging",
  deploymentType: "messaging",
  queuePosition: "messaging",
  callback: "apexAction",
};

/** The card whose settings a check tests, or null. */
export function cardOf(check) {
  return check.id.startsWith(ROUTING) ? "routingAttributes" : (CARD_OF_CHECK[check.id] ?? null);
}

/** The checks of routing attributes by the value that each compares. */
export function drift(checks) {
  const rows = checks.filter(({ id }) => id.startsWith(ROUTING));
  return new Map(rows.map((check) => [check.id.slice(ROUTING.length), check]));
}

/** What the checks of each card rest on besides the integration type and the connected app. */
const RESTS_ON = {
  connectedApp: () => null,
  apexAction: () => null,
  messaging: ({ messaging }) => messaging,
  routingAttributes: ({ messaging, routingAttributes }) => [messaging, routingAttributes],
  case: (draft) => draft.case,
  null: (draft) => draft,
};

/** For each card a text that stays the same as long as what its checks rest on does; checks of no card rest on everything. */
export function printsOf(draft, secret) {
  const { integrationType, salesforce } = draft;
  const print = (part) => JSON.stringify([integrationType, salesforce, secret, part(draft)]);
  return Object.fromEntries(Object.entries(RESTS_ON).map(([card, part]) => [card, print(part)]));
}

/** How many checks have each result: `{passed, failed, unknown, skipped, outdated}`. */
export function counts(checks) {
  const count = { passed: 0, failed: 0, unknown: 0, skipped: 0, outdated: 0 };
  for (const { result } of checks) count[result] += 1;
  return count;
}

/**
 * The state of a card: "invalid" if the API refused it, "changed" if it is not saved, "failed" and "passed" if its checks were, else
 * "saved", or "empty" if nothing of it ever was.
 */
export function stateOf({ hasErrors, isChanged, isSaved, checks }) {
  if (hasErrors) return "invalid";
  if (isChanged) return "changed";
  const { failed, unknown, passed } = counts(checks);
  if (failed > 0) return "failed";
  if (passed > 0 && unknown === 0) return "passed";
  return isSaved ? "saved" : "empty";
}
