import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./script.mjs";

const { linkParts, safeAddress } = load("linkParts", "safeAddress");
const links = (text) => linkParts(text).filter(({ address }) => address !== null).map(({ text, address }) => [text, address]);

test("the parts of a text are together the text", () => {
  for (const text of ["", "Hello", "see https://a.example/x, or b@c.example!", "https://a.example", "<b>www.a.example</b>", "www.", "مرحبا https://a.example"]) {
    assert.equal(linkParts(text).map((part) => part.text).join(""), text);
  }
});

test("addresses in a text are links, without the punctuation around them", () => {
  assert.deepEqual(links("See https://a.example/x?y=1#z. Or (http://b.example/c)!"), [
    ["https://a.example/x?y=1#z", "https://a.example/x?y=1#z"],
    ["http://b.example/c", "http://b.example/c"],
  ]);
  assert.deepEqual(links("https://a.example/Lamp_(light)"), [["https://a.example/Lamp_(light)", "https://a.example/Lamp_(light)"]]);
  assert.deepEqual(links("www.a.example, help@a.example."), [
    ["www.a.example", "https://www.a.example/"],
    ["help@a.example", "mailto:help@a.example"],
  ]);
});

test("what is no address is no link", () => {
  for (const text of ["javascript:alert(1)", "a.example", "https://", "http://[", "@name", "1@2", "data:text/html,x"]) {
    assert.deepEqual(links(text), [], text);
  }
});

test("only addresses that a chat may lead to are safe", () => {
  for (const url of ["https://a.example/", "http://a.example/", "mailto:a@b.example", "tel:+441234"]) assert.equal(safeAddress(url), url);
  for (const url of ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "blob:https://a/b", "file:///a", "/relative", "", null]) {
    assert.equal(safeAddress(url), null, url);
  }
});

test("a long text without a link does not take long", () => {
  const text = "a.".repeat(50_000);
  const begun = performance.now();
  linkParts(text);
  assert.ok(performance.now() - begun < 2_000);
});
