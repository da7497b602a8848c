import assert from "node:assert/strict";
import { test } from "node:test";
import { load, Memory, settle } from "./script.mjs";

const { Outbox, Refusal } = load("Outbox", "Refusal");

/** An outbox of a window that remembers this, and an API that gives these answers: true, or what it throws. */
function outbox({ memory = new Memory(), answers = [] } = {}) {
  const sent = [];
  const states = [];
  const box = new Outbox({
    memory,
    send: async ({ id, text, file }) => {
      sent.push([id, text ?? file.name]);
      const answer = answers.length > 0 ? answers.shift() : true;
      if (answer !== true) throw answer;
    },
    onChange: ({ text, file, state, code }) => states.push([text ?? file.name, state, code].filter(Boolean).join(" ")),
  });
  return { box, memory, sent, states, texts: () => sent.map(([, text]) => text) };
}

const cut = () => new TypeError("no network");
const file = (size) => Object.assign(new Blob(["x".repeat(size)], { type: "text/plain" }), { name: "a.txt" });

test("what is said is sent in order, each with an id of its own", async () => {
  const { box, sent, texts } = outbox();
  for (const text of ["one", "two", "three"]) box.say(text);
  await settle();
  assert.deepEqual(texts(), ["one", "two", "three"]);
  assert.equal(new Set(sent.map(([id]) => id)).size, 3);
  assert.ok(sent.every(([id]) => /^[A-Za-z0-9_-]{1,64}$/.test(id)));
});

test("what the network lost is sent again with the same id, before what was said later", async () => {
  const { box, sent, states } = outbox({ answers: [cut(), new Refusal(503, "unavailable", null)] });
  box.say("one");
  box.say("two");
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await settle();
    box.wake();
  }
  await settle();
  assert.deepEqual(sent.map(([, text]) => text), ["one", "one", "one", "two"]);
  assert.equal(new Set(sent.slice(0, 3).map(([id]) => id)).size, 1);
  assert.deepEqual(states, ["one sending", "two sending", "one sent", "two sent"]);
});

test("a server that wants to be left alone is, for so many seconds", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { box, texts } = outbox({ answers: [new Refusal(429, "tooManyMessages", 7)] });
  box.say("one");
  await settle();
  context.mock.timers.tick(6_999);
  await settle();
  assert.deepEqual(texts(), ["one"]);
  context.mock.timers.tick(1);
  await settle();
  assert.deepEqual(texts(), ["one", "one"]);
});

test("what was not accepted outlives a reload, and what was does not", async () => {
  const first = outbox({ answers: [true, cut()] });
  first.box.say("one");
  first.box.say("two");
  await settle();
  first.box.stop();
  const second = outbox({ memory: first.memory });
  second.box.restore();
  await settle();
  assert.deepEqual(second.sent, [first.sent[1]]);
  const third = outbox({ memory: first.memory });
  third.box.restore();
  await settle();
  assert.deepEqual(third.sent, []);
});

test("of a file that a reload has lost, the customer is told", async () => {
  const first = outbox({ answers: [cut()] });
  first.box.attach(file(3));
  await settle();
  assert.ok(first.box.holdsFiles);
  first.box.stop();
  const { box, states, sent } = outbox({ memory: first.memory });
  box.restore();
  await settle();
  assert.deepEqual([states, sent], [["a.txt failed fileLost"], []]);
});

test("what is refused is told with its reason, and the next is sent", async () => {
  const { box, states } = outbox({ answers: [new Refusal(415, "fileTypeNotAllowed", null)] });
  box.attach(file(3));
  box.say("one");
  await settle();
  assert.deepEqual(states, ["a.txt sending", "one sending", "a.txt failed fileTypeNotAllowed", "one sent"]);
});

test("a message whose id is another's is tried again with a new one, any other with its own", async () => {
  for (const [code, ids] of [["messageIdReused", 2], ["bodyTooLarge", 1]]) {
    const { box, sent } = outbox({ answers: [new Refusal(409, code, null)] });
    box.say("one");
    await settle();
    box.retry(sent[0][0]);
    await settle();
    assert.deepEqual([sent.length, new Set(sent.map(([id]) => id)).size], [2, ids], code);
  }
});

test("what is removed is not sent", async () => {
  const { box, sent, texts } = outbox({ answers: [cut()] });
  box.say("one");
  box.say("two");
  await settle();
  box.remove(sent[0][0]);
  box.wake();
  await settle();
  assert.deepEqual(texts(), ["one", "two"]);
});

test("one that had failed before the end says after it why it is not tried again", async () => {
  const { box, states, sent } = outbox({ answers: [new Refusal(400, "invalidRequest", null)] });
  box.say("one");
  await settle();
  box.close();
  box.retry(sent[0][0]);
  await settle();
  assert.equal(states.at(-1), "one failed conversationEnded");
  assert.equal(sent.length, 1);
});

test("at the end, what was not accepted has failed and is forgotten", async () => {
  const { box, states, memory, sent } = outbox({ answers: [cut()] });
  box.say("one");
  await settle();
  box.close();
  box.say("two");
  await settle();
  assert.equal(states[1], "one failed conversationEnded");
  assert.deepEqual([memory.values.size, sent.length], [0, 1]);
});
