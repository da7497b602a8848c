// One entry of a conversation: what was said, sent or happened.

import { make, timeOf, words } from "./dom.js";
import { pathOf } from "./control.js";

const KINDS = { EndUser: "customer", Agent: "agent", Chatbot: "bot", System: "system" };
const PREVIEWED = /^image\/(png|jpeg|gif|webp|bmp)$/;
const ENDED_BY = { Agent: "an agent", EndUser: "the customer", System: "Salesforce" };

const attachment = (org, { id, name, mimeType }) => {
  const path = pathOf(org, "attachments", id);
  const link = make("a", { className: "file", href: path, download: name, textContent: name, dir: "auto" });
  const preview = PREVIEWED.test(mimeType) ? [make("img", { src: path, alt: name })] : [];
  return make("div", { className: "attachment" }, ...preview, link);
};

const safeLink = (url, title) => {
  if (!/^https?:\/\//i.test(url)) return words("span", title);
  return make("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: title, dir: "auto" });
};

const titleOf = (item) => item.titleItem?.title ?? item.title ?? "";

// What a message holds, whatever its type is called.
const content = (org, message) => {
  const body = message.staticContent ?? message.choices ?? message.form ?? {};
  const parts = [];
  if (body.text) parts.push(words("div", body.text, "text"));
  if (body.linkItem) parts.push(safeLink(body.linkItem.url ?? "", titleOf(body.linkItem) || body.linkItem.url));
  for (const option of body.optionItems ?? []) parts.push(words("span", titleOf(option), "choice"));
  for (const file of body.attachments ?? []) parts.push(attachment(org, file));
  return parts.length > 0 ? parts : [words("div", "A message that this console cannot show.", "text")];
};

const said = (org, customer, entry) => {
  const author = entry.sender.role === "EndUser" ? customer : entry.sender.name;
  const by = make("div", { className: "by" }, words("bdi", author), " ", timeOf(entry.at));
  const receipt = make("div", { className: "receipt" });
  const element = make("div", { className: `said ${KINDS[entry.sender.role]}` }, by,
    make("div", { className: "bubble" }, ...content(org, entry.payload.abstractMessage)), receipt);
  return { element, receipt };
};

const participants = ({ payload }) => payload.entries
  .map(({ operation, displayName }) => `${displayName} ${operation === "add" ? "joined" : "left"}`).join(", ");

const routed = ({ payload }) => {
  if (payload.failureType !== "None") {
    return ["Omni-Channel found nobody", ...payload.errorMessages].join(": ");
  }
  const seconds = payload.estimatedWaitTime?.estimatedWaitTimeInSeconds;
  const wait = seconds >= 0 ? `, estimated wait ${Math.ceil(seconds / 60)} min` : "";
  return (payload.routingType === "Transfer" ? "Transferred" : "In a queue") + wait;
};

const session = ({ payload }) => {
  if (payload.sessionStatus !== "Ended") return `Session ${payload.sessionStatus.toLowerCase()}`;
  return `Session ended by ${ENDED_BY[payload.sessionEndedByRole] ?? "Salesforce"}`;
};

const HAPPENED = {
  ParticipantChanged: participants,
  RoutingResult: routed,
  RoutingWorkResult: ({ payload }) => `Work ${payload.workType.toLowerCase()}`,
  SessionStatusChanged: session,
  CloseConversation: () => "The customer closed the conversation",
};

const happened = (entry) => {
  const text = HAPPENED[entry.entryType]?.(entry) ?? entry.entryType;
  return { element: make("div", { className: "happened" }, words("span", text), " ", timeOf(entry.at)) };
};

export const entryElement = (org, customer, entry) =>
  entry.entryType === "Message" ? said(org, customer, entry) : happened(entry);
