import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSnippet } from "../snippet.js";

const FOUND = {
  organizationId: "00D000000000001",
  developerName: "Fullview_Messaging_Deployment",
  url: "https://acme.my.salesforce-scrt.com",
};

test("the code file of a Custom Client deployment fills everything in", () => {
  const file = { OrganizationId: FOUND.organizationId, DeveloperName: FOUND.developerName, Url: FOUND.url };
  assert.deepEqual(parseSnippet(JSON.stringify(file, null, 2)), FOUND);
});

test("names and values may stand in lines, with or without quotes", () => {
  for (const [before, after] of [
    [": ", ""],
    [" = '", "';"],
    ["\n", ""],
    [': "', '",'],
  ]) {
    const lines = [`OrganizationId${before}00D000000000001${after}`, `DeveloperName${before}${FOUND.developerName}${after}`];
    lines.push(`Url${before}${FOUND.url}${after}`);
    assert.deepEqual(parseSnippet(lines.join("\n")), FOUND, lines.join("\n"));
  }
});

test("of a Web deployment's script the messaging address is taken, not the site's", () => {
  const script = `<script type='text/javascript'>
    function initEmbeddedMessaging() {
      try {
        embeddedservice_bootstrap.settings.language = 'en_US';
        embeddedservice_bootstrap.init(
          '00D000000000001',
          'Fullview_Messaging_Deployment',
          'https://acme.my.site.com/ESWFullview1700000000000',
          { scrt2URL: 'https://acme.my.salesforce-scrt.com' }
        );
      } catch (err) { console.error('Error loading Embedded Messaging: ', err); }
    };
  </script>
  <script src='https://acme.my.site.com/ESWFullview1700000000000/assets/js/bootstrap.min.js' onload='initEmbeddedMessaging()'></script>`;
  assert.deepEqual(parseSnippet(script), FOUND);
});

test("a sandbox's address and a long organization id are taken whole", () => {
  const { organizationId, url } = parseSnippet(
    '{"OrganizationId":"00D000000000001AAA","Url":"https://acme--uat.sandbox.my.salesforce-scrt.com/"}',
  );
  assert.deepEqual([organizationId, url], ["00D000000000001AAA", "https://acme--uat.sandbox.my.salesforce-scrt.com"]);
});

test("an address that is not Salesforce's is left for the API to judge", () => {
  assert.equal(parseSnippet('"Url": "http://127.0.0.1:9701"').url, "http://127.0.0.1:9701");
});

test("what is not there is not found", () => {
  const nothing = { organizationId: null, developerName: null, url: null };
  for (const text of ["", "hello", "<script src='https://acme.my.site.com/a.js'></script>", "developer names are nice"]) {
    assert.deepEqual(parseSnippet(text), nothing, text);
  }
  assert.deepEqual(parseSnippet("00D000000000001"), { ...nothing, organizationId: "00D000000000001" });
});
