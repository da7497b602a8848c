"use strict";

/** Where the page keeps its conversation, so that a reload and a second tab show the same. */
const KEPT = "halden-conversation";

const part = (id) => document.getElementById(id);

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function make(name, attributes) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Shows the conversation and its agent's console, or the form if there is none. */
function show() {
  const conversation = kept();
  const isTalking = conversation !== null;
  document.body.classList.toggle("talking", isTalking);
  part("ask").hidden = isTalking;
  for (const id of ["chat", "agent", "anew"]) part(id).hidden = !isTalking;
  part("chat").replaceChildren();
  part("agent").querySelector("iframe")?.remove();
  if (!isTalking) return;
  const { escalationId, conversationToken, language, organisationId } = conversation;
  part("chat").append(make("fullview-chat", { escalation: escalationId, token: conversationToken, lang: language }));
  const address = `${document.body.dataset.console}?org=${encodeURIComponent(organisationId)}`;
  part("agent").append(make("iframe", { src: address, title: "Agent console" }));
}

/** Lets the company's backend escalate, as the platform key is nothing for a page. */
async function escalate(question) {
  const headers = { "content-type": "application/json" };
  const response = await fetch("/chat/escalations", { method: "POST", headers, body: JSON.stringify(question) });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function ask(event) {
  event.preventDefault();
  const question = Object.fromEntries(new FormData(event.target));
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  part("failed").textContent = "";
  try {
    const answer = await escalate(question);
    localStorage.setItem(KEPT, JSON.stringify({ ...answer, language: question.language }));
    show();
  } catch (error) {
    part("failed").textContent = `That did not work: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

part("ask").addEventListener("submit", ask);
part("anew").addEventListener("click", () => {
  localStorage.removeItem(KEPT);
  show();
  part("question").focus();
});
addEventListener("storage", (event) => event.key === KEPT && show());
show();
