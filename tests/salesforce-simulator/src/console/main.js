// Follows the simulator and shows what it tells.

import { clearFailure, moveFocus, showActions, startActions } from "./actions.js";
import { showCases } from "./cases.js";
import { showComposer, startComposer } from "./composer.js";
import { act } from "./control.js";
import { showConversation, showTyping } from "./conversation.js";
import { byId, setText } from "./dom.js";
import { showList } from "./list.js";
import { remember, remembered } from "./memory.js";
import { isOver } from "./standing.js";
import { startTabs } from "./tabs.js";

const RETRY_MS = 1_000;

// Until somebody chooses an org, or a conversation in it, the one with the newest work is shown.
let chosenOrg = new URLSearchParams(location.search).get("org");
let chosenConversation = decodeURIComponent(location.hash.slice(1));
let isNewlyChosen = false;
let desk;
let source;

const orgs = byId("org");
const name = byId("agent-name");
const agentName = () => name.value.trim() || "Grace";
const chosen = () => ({ org: desk.org, id: chosenConversation });
const now = () => Date.now() + (desk?.clockOffsetSeconds ?? 0) * 1_000;

// How many messages of each customer somebody has seen here.
const seen = JSON.parse(remembered("sessionStorage", "seen") ?? "{}");
const isSeen = ({ id, customerMessages }) => customerMessages <= (seen[id] ?? 0);
const see = ({ id, customerMessages }) => {
  seen[id] = customerMessages;
  remember("sessionStorage", "seen", JSON.stringify(seen));
};

const choose = (id) => {
  chosenOrg = desk.org;
  chosenConversation = id;
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
  isNewlyChosen = Boolean(id);
  clearFailure();
  follow();
  show();
};

const showOrgs = () => {
  const names = desk.orgs.includes(desk.org) ? desk.orgs : [...desk.orgs, desk.org];
  if (names.join("\n") !== [...orgs.options].map((option) => option.value).join("\n")) {
    orgs.replaceChildren(...names.map((name) => new Option(name)));
  }
  orgs.value = desk.org;
};

// Customers are told what reached the agent, and what the agent has seen.
const acknowledge = (line, isRead) => act({ org: desk.org, id: line.id }, { kind: "agentAcknowledges", read: isRead }).catch(() => {});
const acknowledged = new Map();
const acknowledgeAll = (selected) => {
  for (const line of desk.conversations) {
    const isMine = line.agents.length > 0 && (line.id === selected?.id || line.agents.includes(agentName()));
    if (!isMine || isOver(line)) continue;
    const level = line.id === selected?.id ? "read" : "delivered";
    const key = `${level} ${line.customerMessages} ${line.agents}`;
    if (line.customerMessages === 0 || acknowledged.get(line.id) === key) continue;
    acknowledged.set(line.id, key);
    if (line.undelivered > 0) acknowledge(line, false);
    if (level === "read") acknowledge(line, true);
  }
};

const showChosen = (line) => {
  const { org, conversation } = desk;
  const isShown = Boolean(line) && conversation?.id === line.id;
  byId("conversation").hidden = !isShown;
  byId("nothing-chosen").hidden = isShown || desk.conversations.length === 0;
  byId("conversations").classList.toggle("has-chosen", isShown);
  if (!isShown) return;
  showActions(line, conversation, desk);
  showComposer(org, line);
  showConversation(org, conversation, line, now());
  // Where there is room for one of both, the list has just gone and the focus with it.
  if (isNewlyChosen && !byId("list").checkVisibility()) byId("customer").focus();
  isNewlyChosen = false;
  moveFocus();
};

const show = () => {
  const line = desk.conversations.find((line) => line.id === chosenConversation);
  const isSeenNow = line && !document.hidden && !byId("conversations").hidden;
  if (isSeenNow) see(line);
  showOrgs();
  showList(desk.conversations, { selected: chosenConversation, now: now(), isSeen, choose });
  showChosen(line);
  acknowledgeAll(isSeenNow ? line : undefined);
  showCases(desk.org, desk.casesVersion).catch(console.error);
};

const tellConnection = (isConnected) => {
  setText(byId("connection"), isConnected ? "" : "Not connected. Trying again…");
};

// A browser has few connections to one host, so a hidden page gives its own back.
const follow = () => {
  source?.close();
  if (document.hidden) return;
  const query = new URLSearchParams();
  if (chosenOrg) query.set("org", chosenOrg);
  if (chosenConversation) query.set("conversation", chosenConversation);
  const own = new EventSource(`/control/desk?${query}`);
  source = own;
  own.onopen = () => tellConnection(true);
  own.onmessage = ({ data }) => {
    desk = JSON.parse(data);
    show();
  };
  own.onerror = () => {
    tellConnection(false);
    if (own.readyState === EventSource.CLOSED) setTimeout(() => { if (source === own) follow(); }, RETRY_MS);
  };
};

orgs.addEventListener("change", () => {
  [chosenOrg, chosenConversation] = [orgs.value, ""];
  history.replaceState(null, "", location.pathname + location.search);
  follow();
});
byId("back").addEventListener("click", () => {
  const left = chosenConversation;
  choose("");
  document.querySelector(`#list [data-id="${CSS.escape(left)}"]`)?.focus();
});
name.value = remembered("localStorage", "agentName") ?? "Grace";
name.addEventListener("input", () => remember("localStorage", "agentName", name.value));
document.addEventListener("visibilitychange", follow);
setInterval(() => {
  if (!desk) return;
  const line = desk.conversations.find((line) => line.id === chosenConversation);
  if (line && desk.conversation?.id === line.id) showTyping(desk.conversation, line, now());
  showList(desk.conversations, { selected: chosenConversation, now: now(), isSeen, choose });
}, 1_000);
startTabs(() => { if (desk) show(); });
startActions(chosen, agentName);
startComposer(chosen);
follow();
