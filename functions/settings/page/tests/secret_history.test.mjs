import assert from "node:assert/strict";
import { test } from "node:test";
import { wasSecretChanged } from "../secret_history.js";

const SECRET = { pointer: "/salesforce/clientSecret", secret: true };
const save = (version, ...changes) => ({ what: "settings", version, changes });
const token = { what: "escalationsTokenCreated", version: null, changes: [] };

/** An audit of these pages; the cursors that were asked for are in `asked`. */
function audit(...pages) {
  const asked = [];
  return {
    asked,
    audit: async (cursor) => {
      asked.push(cursor);
      const index = Number(cursor ?? 0);
      return { changes: pages[index], cursor: index + 1 < pages.length ? String(index + 1) : null };
    },
  };
}

test("a secret that was saved after a version is found, however much was changed since", async () => {
  const api = audit([token, save(9)], [token], [save(8), save(7, SECRET), save(6)]);
  assert.equal(await wasSecretChanged(api, 6), true);
  assert.deepEqual(api.asked, [null, "1", "2"]);
});

test("a secret of that version or before is not asked about", async () => {
  const api = audit([save(9), save(8, SECRET)], [save(7, SECRET)]);
  assert.equal(await wasSecretChanged(api, 8), false);
  assert.deepEqual(api.asked, [null]);
  assert.equal(await wasSecretChanged(audit([]), 0), false);
});
