import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./script.mjs";

const { Standing, Formats, TEXTS } = load("Standing", "Formats", "TEXTS");
const formats = new Formats("en");

/** What the customer is told after these events, and whether the customer may write. */
function after(...events) {
  const standing = new Standing();
  for (const [event, data] of events) standing.apply(event, data);
  const { title, details } = standing.describe(TEXTS.en, formats);
  return [title, ...details, standing.takesMessages];
}

const status = (status) => ["status", { status }];
const agent = (change, name) => ["agent", { change, name }];
const queue = (position, estimatedWaitSeconds) => ["queue", { position, estimatedWaitSeconds }];
const waiting = status("waiting");
const active = status("active");

test("each status has words, and says whether the customer may write", () => {
  assert.deepEqual(after(), ["Connecting you with support", true]);
  assert.deepEqual(after(status("received")), ["Connecting you with support", true]);
  assert.deepEqual(after(status("startingMessaging")), ["Connecting you with support", true]);
  assert.deepEqual(after(waiting), ["Waiting for an agent", true]);
  assert.deepEqual(after(status("creatingCase")), ["No agent is free. We are making a Case for you.", false]);
  assert.deepEqual(after(status("stuck")), ["No agent is free. We are making a Case for you.", false]);
});

test("one who waits is told the place and the wait, as far as they are known", () => {
  assert.deepEqual(after(waiting, queue(2, 60)), ["Waiting for an agent", "You are number 2 in the queue", "About 1 minute", true]);
  assert.deepEqual(after(waiting, queue(1, null)), ["Waiting for an agent", "You are number 1 in the queue", true]);
  assert.deepEqual(after(waiting, queue(null, 10)), ["Waiting for an agent", "Less than a minute", true]);
  assert.deepEqual(after(waiting, queue(2, 60), active, waiting), ["Waiting for an agent", true]);
});

test("one who talks is told with whom", () => {
  const grace = agent("joined", "Grace");
  assert.deepEqual(after(waiting, grace, active), ["You are chatting with Grace", true]);
  assert.deepEqual(after(active, grace, agent("joined", "Alan")), ["You are chatting with Grace and Alan", true]);
  assert.deepEqual(after(active, grace, agent("left", "Grace"), agent("joined", "Alan")), ["You are chatting with Alan", true]);
  assert.deepEqual(after(active, agent("joined", null)), ["You are chatting with an agent", true]);
  assert.deepEqual(after(active, grace, agent("left", "Grace")), ["Waiting for an agent", true]);
  assert.deepEqual(after(active, grace, waiting), ["Waiting for an agent", true]);
});

test("an agent who comes while the queue is still being told of is not forgotten", () => {
  const [katherine, grace] = [agent("joined", "Katherine"), agent("joined", "Grace")];
  const requeued = [active, katherine, agent("left", "Katherine"), grace, waiting];
  assert.deepEqual(after(...requeued), ["Waiting for an agent", true]);
  assert.deepEqual(after(...requeued, active), ["You are chatting with Grace", true]);
});

test("each event that changes what is told changes its JSON, which the chat compares", () => {
  const standing = new Standing();
  const agents = [agent("joined", "Grace"), agent("left", "Grace"), agent("joined", "Katherine")];
  const all = [waiting, queue(2, 60), active, ...agents, ["ended", { by: "agent" }]];
  const told = all.map(([event, data]) => {
    standing.apply(event, data);
    return JSON.stringify(standing);
  });
  assert.equal(told.findIndex((json, index) => json === told[index - 1]), -1);
});

test("the end says who ended it, and what comes next", () => {
  const thanks = TEXTS.en.afterEnd;
  const ended = (by) => ["ended", { by }];
  const graceWasHere = [agent("joined", "Grace"), active, agent("left", "Grace")];
  assert.deepEqual(after(...graceWasHere, ended("agent")), ["Grace has ended the chat.", thanks, false]);
  assert.deepEqual(after(ended("agent")), ["The agent has ended the chat.", thanks, false]);
  assert.deepEqual(after(...graceWasHere, ended("customer")), ["You have ended the chat.", thanks, false]);
  assert.deepEqual(after(ended("inactivity")), ["The chat ended because nothing was said for a while.", thanks, false]);
  assert.deepEqual(after(ended("salesforceFlow")), ["The chat has ended.", thanks, false]);
});

test("a Case is told with its number, if it has one", () => {
  const next = TEXTS.en.afterCase;
  assert.deepEqual(after(["case", { caseNumber: "00001001" }]), ["We have made a Case for you: 00001001.", next, false]);
  assert.deepEqual(after(["case", { caseNumber: null }]), ["We have made a Case for you.", next, false]);
});
