import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { load, settle } from "./script.mjs";

const { Connection, Pauses } = load("Connection", "Pauses");
const usual = { isFailed: false, lasted: 240_000, isHidden: false, retry: 1000 };
const pauses = (count, about) => {
  const rule = new Pauses(() => 1);
  return Array.from({ length: count }, () => rule.after({ ...usual, ...about }));
};

test("after four minutes the next connection comes at once", () => {
  assert.deepEqual(pauses(3, {}), [1000, 1000, 1000]);
});

test("after failures it comes later each time, up to half a minute", () => {
  assert.deepEqual(pauses(7, { isFailed: true, lasted: 0 }), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test("a window that had to make room comes back later each time, and one that nobody sees much later", () => {
  assert.deepEqual(pauses(5, { lasted: 2_000 }), [4000, 8000, 16000, 30000, 30000]);
  assert.deepEqual(pauses(2, { lasted: 2_000, isHidden: true }), [120_000, 120_000]);
});

test("pauses differ by chance, by at most a half", () => {
  assert.equal(new Pauses(() => 0).after(usual), 500);
});

test("a good connection makes up for what was before", () => {
  const rule = new Pauses(() => 1);
  for (let count = 0; count < 4; count += 1) rule.after({ ...usual, isFailed: true, lasted: 0 });
  assert.equal(rule.after({ ...usual, isFailed: true }), 1000);
});

/** A connection to a server that answers with these, one after the other, and what it told. */
function connect(...answers) {
  globalThis.document = { visibilityState: "visible" };
  const told = { ids: [], events: [], states: [] };
  const connection = new Connection({
    open: async (lastEventId, signal) => {
      told.ids.push(lastEventId);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer(signal);
    },
    onEvent: ({ data }) => told.events.push(data),
    onState: (state) => told.states.push(state),
  });
  connection.run();
  return { connection, told };
}

const status = (status) => () => new Response(null, { status });
const stream = (text) => () => new Response(text);
const silent = (signal) =>
  new Response(new ReadableStream({ start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)) }));

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test("it goes on after the last event that it had, until nothing more comes", async () => {
  const { connection, told } = connect(stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c"), status(204));
  await until(() => told.states.includes("disconnected"));
  await settle();
  connection.wake();
  await until(() => told.states.includes("over"));
  assert.deepEqual(told, { ids: ["", "2"], events: ["a", "b"], states: ["connected", "disconnected", "over"] });
});

test("a conversation that is refused is not asked for again", async () => {
  for (const code of [401, 403, 404]) {
    const { told } = connect(status(code));
    await until(() => told.states.length > 0);
    assert.deepEqual([told.states, told.ids.length], [["refused"], 1]);
  }
});

test("a failure is tried again", async () => {
  const { connection, told } = connect(new TypeError("no network"), status(503), status(204));
  for (let count = 1; count <= 2; count += 1) {
    await until(() => told.states.length === count);
    await settle();
    connection.wake();
  }
  await until(() => told.states.length === 3);
  assert.deepEqual(told.states, ["disconnected", "disconnected", "over"]);
});

test("a connection of which nothing is heard for 45 seconds is dead", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { told } = connect(silent, status(204));
  await until(() => told.states.includes("connected"));
  context.mock.timers.tick(44_999);
  await settle();
  assert.deepEqual(told.states, ["connected"]);
  context.mock.timers.tick(1);
  await until(() => told.states.includes("disconnected"));
  context.mock.timers.tick(1000);
  await until(() => told.states.includes("over"));
});

test("after it is stopped, nothing is told", async () => {
  const { connection, told } = connect(silent);
  await until(() => told.states.includes("connected"));
  connection.stop();
  await settle();
  assert.deepEqual(told.states, ["connected"]);
});

mock.restoreAll();
