import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./script.mjs";

const { EventStreamParser } = load("EventStreamParser");
const encode = (text) => new TextEncoder().encode(text);

const STREAM = [
  "\uFEFFretry: 2500\n\n",
  ": heartbeat\n\n",
  'id: 1\nevent: message\ndata: {"text":"Grüße 👋🏽 مرحبا"}\n\n',
  "id: 2.1\r\nevent: note\r\ndata: first\r\ndata:second\r\ndata:  third\r\n\r\n",
  "event: typing\rdata: {}\r\r",
  "data\n\n",
  "event: nothing\n\n",
  "id: 3\nid: 9\u0000\nretry: soon\nunknown: x\ndata: last\n\n",
].join("");
const EVENTS = [
  { event: "message", data: '{"text":"Grüße 👋🏽 مرحبا"}' },
  { event: "note", data: "first\nsecond\n third" },
  { event: "typing", data: "{}" },
  { event: "message", data: "" },
  { event: "message", data: "last" },
];

test("events are the same, in pieces of any size", () => {
  const bytes = encode(STREAM);
  for (let size = 1; size <= bytes.length; size += 1) {
    const parser = new EventStreamParser();
    const events = [];
    for (let start = 0; start < bytes.length; start += size) events.push(...parser.push(bytes.subarray(start, start + size)));
    assert.deepEqual(events, EVENTS, `pieces of ${size}`);
    assert.deepEqual([parser.lastEventId, parser.retry], ["3", 2500]);
  }
});

test("an event that was cut off is none, and its id is not taken", () => {
  const parser = new EventStreamParser("6");
  assert.deepEqual(parser.push(encode("id: 7\ndata: half")), []);
  assert.equal(parser.lastEventId, "6");
});

test("an event without an id leaves the last one", () => {
  const parser = new EventStreamParser("6");
  assert.equal(parser.push(encode("data: x\n\n")).length, 1);
  assert.equal(parser.lastEventId, "6");
});
