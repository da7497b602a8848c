import assert from "node:assert/strict";
import { test } from "node:test";
import { load, Memory, settle } from "./script.mjs";

const { TypingSignal, ReadSignal, Refusal } = load("TypingSignal", "ReadSignal", "Refusal");

test("typing is told at most each five seconds, and is over five seconds after the last key", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const told = [];
  const typing = new TypingSignal((isTyping) => told.push(isTyping));
  for (let key = 0; key < 12; key += 1) {
    typing.typed();
    context.mock.timers.tick(500);
  }
  assert.deepEqual(told, [true, true]);
  context.mock.timers.tick(4_499);
  assert.equal(told.length, 2);
  context.mock.timers.tick(1);
  assert.deepEqual(told, [true, true, false]);
});

test("typing is over when the message is sent, and that is told once", () => {
  const told = [];
  const typing = new TypingSignal((isTyping) => told.push(isTyping));
  typing.stopped();
  typing.typed();
  typing.stopped();
  typing.stopped();
  assert.deepEqual(told, [true, false]);
});

test("each message is told as read once, in order, also after a reload", async () => {
  const memory = new Memory();
  const told = [];
  for (const ids of [["a", "b", "a"], ["a", "b", "c"]]) {
    const reads = new ReadSignal(memory, async (id) => told.push(id));
    ids.forEach((id) => reads.see(id));
    await settle();
  }
  assert.deepEqual(told, ["a", "b", "c"]);
});

test("what the network lost is told again, and what is refused is not", async () => {
  const answers = [new TypeError("no network"), new Refusal(400, "invalidRequest", null)];
  const asked = [];
  const reads = new ReadSignal(new Memory(), async (id) => {
    asked.push(id);
    if (answers.length > 0) throw answers.shift();
  });
  reads.see("a");
  await settle();
  reads.see("b");
  await settle();
  reads.wake();
  await settle();
  assert.deepEqual(asked, ["a", "a", "b"]);
});
