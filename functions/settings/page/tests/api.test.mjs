import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Api, ApiError, isKey } from "../api.js";

const realFetch = globalThis.fetch;
afterEach(() => (globalThis.fetch = realFetch));

/** Answers each request with the next of these; what was asked is in the list that it gives. */
function answering(...answers) {
  const asked = [];
  globalThis.fetch = async (address, options) => {
    asked.push({ address, ...options });
    return answers.shift()();
  };
  return asked;
}

const json =
  (status, body, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const api = new Api("acme", "k3y");

test("the key is in a header, and in no address", async () => {
  const asked = answering(json(200, { version: 3 }, { etag: '"3"' }), json(200, { changes: [], cursor: null }));
  assert.deepEqual(await api.settings(), { view: { version: 3 }, etag: '"3"' });
  await api.audit("a b");
  assert.deepEqual(
    asked.map(({ address }) => address),
    ["../v1/organisations/acme/settings", "../v1/organisations/acme/settings/audit?limit=25&cursor=a+b"],
  );
  for (const { headers, credentials, redirect } of asked) {
    assert.deepEqual([headers.authorization, credentials, redirect], ["Bearer k3y", "omit", "error"]);
  }
});

test("a text that no key can be is known without asking", () => {
  assert.deepEqual(["local-platform-key", "aZ_9", "ключ", "a b", ""].map(isKey), [true, true, false, false, false]);
});

test("a save names the version that it changes", async () => {
  const [asked] = [answering(json(200, {}, { etag: '"4"' }))];
  await api.putSettings({ a: 1 }, '"3"');
  assert.deepEqual([asked[0].method, asked[0].headers["if-match"], asked[0].body], ["PUT", '"3"', '{"a":1}']);
});

test("an id stays one part of the path", async () => {
  const asked = answering(json(200, {}));
  await new Api("../x", "k").escalation("a/b?c");
  assert.equal(asked[0].address, "../v1/organisations/..%2Fx/escalations/a%2Fb%3Fc");
});

test("a problem is told with its code and its errors", async () => {
  answering(json(400, { code: "invalidRequest", title: "t", detail: "d", errors: [{ pointer: "/x", detail: "y" }] }));
  await assert.rejects(api.settings(), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.detail, error.errors.length], [400, "invalidRequest", "d", 1]);
    return true;
  });
});

test("an answer without a readable body, and no answer, are errors too", async () => {
  answering(
    () => new Response("<html>", { status: 502 }),
    () => {
      throw new TypeError("failed");
    },
  );
  await assert.rejects(api.tokens(), { status: 502, errors: [] });
  await assert.rejects(api.tokens(), { status: 0 });
});

test("a callback test that was never started is none", async () => {
  answering(json(404, { code: "notFound" }), json(200, { state: "passed" }));
  assert.equal(await api.callbackTest(), null);
  assert.deepEqual(await api.callbackTest(), { state: "passed" });
});
