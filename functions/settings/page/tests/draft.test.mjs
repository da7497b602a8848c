import assert from "node:assert/strict";
import { test } from "node:test";
import { Draft } from "../draft.js";
import { view } from "./samples.mjs";

const draft = (changes) => new Draft({ view: view(changes), etag: '"3"' });

function events(draft) {
  const seen = [];
  for (const name of ["change", "reset", "state"]) draft.addEventListener(name, () => seen.push(name));
  return seen;
}

test("an edit is a change until it is taken back", () => {
  const one = draft();
  one.set("/case/origin", "Web");
  one.setSecret("s3cret");
  assert.deepEqual(one.changes(), ["/case/origin", "/salesforce/clientSecret"]);
  one.set("/case/origin", "Chat");
  one.setSecret("");
  assert.deepEqual(one.changes(), []);
});

test("what was edited is in what is sent, and not in what it began with", () => {
  const one = draft();
  one.set("/businessHours/weekly/monday/0/close", "18:00");
  assert.equal(one.take().body.businessHours.weekly.monday[0].close, "18:00");
  assert.equal(one.base.businessHours.weekly.monday[0].close, "17:00");
});

test("after a save nothing is changed, and the secret is forgotten", () => {
  const one = draft();
  one.setSecret("s3cret");
  one.saved({ view: view({ version: 4 }), etag: '"4"' }, one.take());
  assert.deepEqual([one.changes(), one.secret, one.version, one.etag], [[], "", 4, '"4"']);
});

test("what is edited while a save goes on stays, and stays unsaved", () => {
  const one = draft();
  one.set("/salesforce/domain", "other");
  one.set("/case/origin", "Web");
  const taken = one.take();
  one.set("/case/priority", "High");
  one.set("/case/origin", "Phone");
  one.set("/routingAttributes", [...one.get("/routingAttributes"), { attribute: "seats", value: "" }]);
  one.setSecret("typed meanwhile");
  const { salesforce, case: made } = view();
  const stored = {
    salesforce: { ...salesforce, domain: "other.my.salesforce.com" },
    case: { ...made, origin: "Web" },
    version: 4,
  };
  one.saved({ view: view(stored), etag: '"4"' }, taken);
  assert.deepEqual([one.get("/case/priority"), one.get("/case/origin"), one.secret], ["High", "Phone", "typed meanwhile"]);
  assert.deepEqual(one.get("/routingAttributes/1"), { attribute: "seats", value: "" });
  assert.equal(one.get("/salesforce/domain"), "other.my.salesforce.com");
  const changes = ["/routingAttributes/", "/case/origin", "/case/priority", "/salesforce/clientSecret"];
  assert.deepEqual(one.changes().sort(), changes.sort());
});

test("a part that is switched off while a save goes on stays off", () => {
  const one = draft();
  one.set("/messaging/developerName", "E");
  const taken = one.take();
  one.offerLiveChat(false);
  one.saved({ view: view({ messaging: { ...view().messaging, developerName: "E" } }), etag: '"4"' }, taken);
  assert.equal(one.get("/messaging"), null);
});

test("live chat that is offered again has the values that it had, saved or not", () => {
  const one = draft();
  one.set("/messaging/developerName", "Typed");
  one.offerLiveChat(false);
  assert.equal(one.get("/messaging"), null);
  one.offerLiveChat(true);
  assert.equal(one.get("/messaging/developerName"), "Typed");
  one.offerLiveChat(false);
  one.discard();
  one.offerLiveChat(false);
  one.offerLiveChat(true);
  assert.equal(one.get("/messaging/developerName"), "D");
});

test("live chat in the Fullview Flow has hours, however one gets there", () => {
  const none = { messaging: null, businessHours: null };
  const offered = draft(none);
  offered.offerLiveChat(true);
  const chosen = draft({ integrationType: "omniChannelFlow", businessHours: null });
  chosen.set("/integrationType", "fullviewFlow");
  const merged = draft(none);
  merged.rebase({ view: view(none), etag: '"4"' }, { ...merged.value, messaging: { developerName: "E" } }, "");
  for (const one of [offered, chosen, merged]) assert.equal(one.get("/businessHours/weekly/monday/0/open"), "09:00");
  assert.equal(draft(none).get("/businessHours"), null);
});

test("a discard brings back what was saved", () => {
  const one = draft();
  one.set("/messaging", null);
  one.discard();
  assert.deepEqual([one.changes(), one.get("/messaging/developerName")], [[], "D"]);
});

test("an empty row is no change, and the page hears when it goes", () => {
  const one = draft();
  one.set("/routingAttributes", [...one.get("/routingAttributes"), { attribute: "", value: "" }]);
  assert.deepEqual(one.changes(), []);
  const seen = events(one);
  assert.equal(one.take().body.routingAttributes.length, 1);
  assert.deepEqual(seen, ["reset"]);
  one.take();
  assert.deepEqual(seen, ["reset"]);
});

test("a field that is mapped twice is refused here, before it is lost in the document", () => {
  const one = draft();
  one.set("/case/fields/1/name", "Plan__c");
  assert.equal(one.take(), null);
  assert.deepEqual(
    one.errors.map(({ pointer }) => pointer),
    ["/case/fields/1/name"],
  );
});

test("errors go one by one, as they are mended", () => {
  const one = draft();
  one.refuse([
    { pointer: "/case/fields/Source__c", detail: "a" },
    { pointer: "/case/origin", detail: "b" },
  ]);
  assert.equal(one.errors[0].pointer, "/case/fields/1/name");
  one.forgetErrors([one.errors[0]]);
  assert.deepEqual(one.errors, [{ pointer: "/case/origin", detail: "b" }]);
});

const ALL = ["token", "messagingToken", "routingAttribute:Plan", "createCase"].map((id) => ({ id, result: "passed" }));
const ids = (draft) => draft.checks.map(({ id }) => id);

test("evidence is only for what it was found with", () => {
  const one = draft();
  one.showed(ALL, one.take());
  one.set("/case/origin", "Web");
  assert.deepEqual(ids(one), ["token", "messagingToken", "routingAttribute:Plan"]);
  one.set("/messaging/developerName", "E");
  assert.deepEqual(ids(one), ["token"]);
  one.showed(ALL, one.take());
  one.set("/salesforce/domain", "other");
  assert.deepEqual(ids(one), []);
  assert.equal(one.results().length, 4);
});

test("what was found with values that are there again is evidence again", () => {
  const one = draft();
  one.showed(ALL, one.take());
  one.set("/salesforce/domain", "other");
  one.discard();
  assert.equal(ids(one).length, 4);
});

test("what a test finds is no evidence for what was edited while it ran", () => {
  const one = draft();
  const taken = one.take();
  one.set("/messaging/developerName", "Wrong");
  one.showed(ALL, taken);
  assert.deepEqual(ids(one), ["token", "createCase"]);
  one.set("/salesforce/clientId", "wrong");
  one.saved({ view: view({ salesforce: { ...view().salesforce, clientId: "wrong" } }), etag: '"4"' }, one.take());
  assert.deepEqual(ids(one), []);
});

test("a save keeps the evidence, though the API writes some values in its own way, also of a test that goes on", () => {
  const one = draft();
  one.set("/salesforce/domain", "other");
  one.setSecret("s3cret");
  const [before, meanwhile] = [one.take(), one.take()];
  one.showed(ALL, before);
  one.saved({ view: view({ salesforce: { ...view().salesforce, domain: "other.my.salesforce.com" } }), etag: '"4"' }, one.take());
  assert.equal(ids(one).length, 4);
  one.showed(ALL, meanwhile);
  assert.equal(ids(one).length, 4);
});

test("another client secret is another connected app, though none is ever read", () => {
  const one = draft();
  one.showed(ALL, one.take());
  const old = one.take();
  one.setSecret("s3cret");
  assert.deepEqual(ids(one), []);
  one.saved({ view: view(), etag: '"4"' }, one.take());
  assert.deepEqual(ids(one), []);
  one.showed(ALL, old);
  assert.deepEqual(ids(one), []);
});

test("newer settings of others take all evidence away", () => {
  const one = draft();
  const running = one.take();
  one.showed(ALL, one.take());
  one.rebase({ view: view({ version: 4 }), etag: '"4"' }, one.value, "mine");
  assert.deepEqual([ids(one), one.secret], [[], "mine"]);
  one.setSecret("");
  one.showed(ALL, running);
  assert.deepEqual(ids(one), []);
});

test("a connection test and a callback test don't take each other's results away", () => {
  const one = draft();
  one.showed([{ id: "callback", result: "passed" }], one.takeStored(), ({ id }) => id === "callback");
  one.showed([{ id: "token", result: "failed" }], one.take());
  one.showed([{ id: "token", result: "passed" }], one.take());
  assert.deepEqual(
    one.checks.map(({ id, result }) => [id, result]),
    [
      ["callback", "passed"],
      ["token", "passed"],
    ],
  );
});

test("a callback is evidence for what is stored, not for what is not saved yet", () => {
  const one = draft();
  one.set("/salesforce/domain", "other");
  one.showed([{ id: "callback", result: "passed" }], one.takeStored());
  assert.deepEqual(ids(one), []);
});
