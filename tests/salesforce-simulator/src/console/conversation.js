// The conversation that is chosen: its facts and everything in it.

import { byId, make, setText, words } from "./dom.js";
import { entryElement } from "./entry.js";
import { isOver, nameOf, standingOf, stateOf } from "./standing.js";

const TYPING_LASTS_MS = 10_000;

const log = byId("log");
const typing = make("div", { className: "typing", hidden: true });

let shown = { key: "", entries: [] };

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
const toEnd = () => { log.scrollTop = log.scrollHeight; };
// Somebody who has scrolled up stays there; what grows, a picture for example, does not scroll up.
let staysAtEnd = true;
let lastTop = 0;
log.addEventListener("scroll", () => {
  if (isAtEnd()) staysAtEnd = true;
  else if (log.scrollTop < lastTop) staysAtEnd = false;
  lastTop = log.scrollTop;
});
log.addEventListener("load", () => { if (staysAtEnd) toEnd(); }, true);
new ResizeObserver(() => { if (staysAtEnd) toEnd(); }).observe(log);

// Another conversation is not read out, only what comes from now on.
const startOver = (key) => {
  shown = { key, entries: [] };
  staysAtEnd = true;
  log.ariaLive = "off";
  log.replaceChildren(typing);
  setTimeout(() => { log.ariaLive = "polite"; }, 500);
};

const addEntries = (org, customer, entries) => {
  for (const entry of entries.slice(shown.entries.length)) {
    const { element, receipt } = entryElement(org, customer, entry);
    shown.entries.push({ id: entry.identifier, isAgents: entry.sender.role === "Agent", receipt });
    typing.before(element);
  }
};

const showReceipts = (acknowledgements) => {
  const states = new Map();
  for (const { entryType, conversationEntryId } of acknowledgements) {
    const isRead = entryType === "Read" || states.get(conversationEntryId) === "Read";
    states.set(conversationEntryId, isRead ? "Read" : "Delivered");
  }
  for (const { id, isAgents, receipt } of shown.entries) {
    if (isAgents && receipt) setText(receipt, states.get(id) ?? "Sent");
  }
};

const isTyping = ({ entries, endUserTyping, endUserTypingAt }, now) => {
  const last = entries.findLast((entry) => entry.sender.role === "EndUser" && entry.entryType === "Message");
  const at = Date.parse(endUserTypingAt);
  return endUserTyping && now - at < TYPING_LASTS_MS && !(Date.parse(last?.at) >= at);
};

export const showTyping = (conversation, line, now) => {
  const is = !isOver(line) && isTyping(conversation, now);
  setText(typing, is ? `${nameOf(line)} is typing…` : "");
  typing.hidden = !is;
};

const factsOf = ({ sessions, queuePosition, language, routingAttributes, droppedRoutingAttributes }) => [
  ["Session", sessions.at(-1)?.id ?? "none"],
  ["Queue position", queuePosition ?? ""],
  ["Language", language ?? ""],
  ...Object.entries(routingAttributes).sort(([, one], [, other]) => one.length - other.length),
  ...Object.entries(droppedRoutingAttributes).map(([name, value]) => [`${name} (dropped by the deployment)`, value]),
].filter(([, value]) => value !== "");

let shownFacts = "";
const showFacts = (conversation) => {
  const facts = factsOf(conversation);
  const text = JSON.stringify(facts);
  if (text === shownFacts) return;
  shownFacts = text;
  byId("facts").replaceChildren(...facts.map(([name, value]) =>
    make("div", {}, words("dt", name), " ", words("dd", String(value)))));
};

export const showConversation = (org, conversation, line, now) => {
  const customer = nameOf(line);
  const key = `${org}/${conversation.id}/${conversation.createdAt}`;
  if (key !== shown.key) startOver(key);
  setText(byId("customer"), customer);
  setText(byId("state"), standingOf(line));
  byId("state").dataset.state = stateOf(line);
  showFacts(conversation);
  addEntries(org, customer, conversation.entries);
  showReceipts(conversation.acknowledgements);
  showTyping(conversation, line, now);
  if (staysAtEnd) toEnd();
};
