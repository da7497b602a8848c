// The org's Cases, the newest first.

import { pathOf, read } from "./control.js";
import { byId, make, words } from "./dom.js";

const list = byId("case-list");
// The time of change of each Case that is shown.
const shown = new Map();
let shownVersion = "";

const nameOf = (org, id) => [...org.queues, ...org.users, ...org.contacts].find((named) => named.id === id)?.name ?? id;

const file = async (clientId, { Id, PathOnClient }) => {
  const path = pathOf(clientId, "files", Id);
  if (PathOnClient.endsWith(".txt")) return words("pre", await (await read(path)).text());
  return make("a", { href: path, download: PathOnClient, textContent: "Download" });
};

const showFiles = async (clientId, id, into) => {
  const files = await (await read(pathOf(clientId, "files"))).json();
  for (const own of files.filter((file) => file.FirstPublishLocationId === id)) {
    into.append(words("h2", own.PathOnClient), await file(clientId, own));
  }
};

const factsOf = (org, record) => {
  const contact = record.ContactId ? nameOf(org, record.ContactId) : record.SuppliedName ?? record.SuppliedEmail;
  const values = { Owner: nameOf(org, record.OwnerId), Origin: record.Origin, Contact: contact, Status: record.Status };
  const given = Object.entries(values).filter(([, value]) => value);
  return given.map(([label, value]) => words("bdi", `${label}: ${value}`));
};

const summary = (org, record) => make("summary", {},
  words("span", record.CaseNumber, "number"), " ",
  words("time", new Date(record.CreatedDate.replace("+0000", "Z")).toLocaleString(), "created"), " ",
  words("span", record.Subject ?? "(no subject)", "subject"), " ",
  make("span", { className: "case-facts" }, ...factsOf(org, record)));

const entry = (org, record) => {
  const body = make("div", { className: "body" }, words("h2", "Description"), words("pre", record.Description ?? "(none)"));
  const details = make("details", { id: record.Id }, summary(org, record), body);
  details.addEventListener("toggle", () => showFiles(org.clientId, record.Id, body), { once: true });
  return details;
};

const showCase = (org, record) => {
  const known = shown.get(record.Id);
  if (!known) {
    list.prepend(entry(org, record));
  } else if (known !== record.LastModifiedDate) {
    const old = byId(record.Id).firstElementChild;
    const hadFocus = old === document.activeElement;
    old.replaceWith(summary(org, record));
    if (hadFocus) byId(record.Id).firstElementChild.focus();
  }
  shown.set(record.Id, record.LastModifiedDate);
};

const refresh = async (clientId) => {
  const org = await (await read(pathOf(clientId))).json();
  const records = await (await read(pathOf(clientId, "cases"))).json();
  return { org, records };
};

// Shows the Cases of an org; `version` tells whether they have changed since.
export const showCases = async (clientId, version) => {
  const key = `${clientId} ${version}`;
  if (key === shownVersion || byId("cases").hidden) return;
  const isOther = !shownVersion.startsWith(`${clientId} `);
  shownVersion = key;
  const { org, records } = version ? await refresh(clientId) : { records: [] };
  if (shownVersion !== key) return;
  if (isOther || records.length < shown.size) {
    shown.clear();
    list.replaceChildren();
  }
  for (const record of records) showCase(org, record);
  byId("no-cases").hidden = records.length > 0;
};
