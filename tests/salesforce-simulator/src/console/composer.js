// What the agent writes and sends.

import { disableIf, obstacle, tellFailure } from "./actions.js";
import { act, sendFile } from "./control.js";
import { byId } from "./dom.js";

const TYPING_REPEATS_MS = 5_000;
const TYPING_STOPS_MS = 3_000;

const message = byId("message");
const file = byId("file");
const drafts = new Map();

let shownKey;
let typing = { on: undefined, at: 0, stop: undefined };

const signal = (conversation, isOn) => act(conversation, { kind: "agentTyping", typing: isOn }).catch(() => {});

const stopTyping = () => {
  clearTimeout(typing.stop);
  if (typing.on) signal(typing.on, false);
  typing = { on: undefined, at: 0, stop: undefined };
};

const keepTyping = (conversation) => {
  if (!typing.on || Date.now() - typing.at > TYPING_REPEATS_MS) {
    typing = { ...typing, on: conversation, at: Date.now() };
    signal(conversation, true);
  }
  clearTimeout(typing.stop);
  typing.stop = setTimeout(stopTyping, TYPING_STOPS_MS);
};

const send = async (conversation) => {
  const text = message.value;
  if (!text.trim() || message.disabled) return;
  message.value = "";
  stopTyping();
  const isSent = await tellFailure(act(conversation, { kind: "agentSays", text }));
  if (!isSent) message.value = [text, message.value].filter(Boolean).join("\n");
};

const sendFiles = async (conversation) => {
  const files = [...file.files];
  file.value = "";
  for (const each of files) await tellFailure(sendFile(conversation, each));
};

// Every conversation keeps what was begun in it.
const showDraft = (key) => {
  if (key === shownKey) return;
  stopTyping();
  drafts.set(shownKey, message.value);
  message.value = drafts.get(key) ?? "";
  shownKey = key;
};

export const showComposer = (org, line) => {
  showDraft(`${org}/${line.id}`);
  const reason = obstacle(line);
  for (const id of ["message", "send", "send-file"]) disableIf(id, reason);
  message.placeholder = reason ? "" : `Write as ${line.agents[0]}`;
};

export const startComposer = (chosen) => {
  byId("send-file").dataset.title = "Send a file";
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send(chosen());
  });
  message.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(chosen());
  });
  message.addEventListener("input", () => (message.value.trim() ? keepTyping(chosen()) : stopTyping()));
  message.addEventListener("blur", stopTyping);
  byId("send-file").addEventListener("click", () => file.click());
  file.addEventListener("change", () => sendFiles(chosen()));
};
