import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScrolling, expectNothingCut } from "../harness/accessibility";
import { expect, test } from "../harness/fixtures";
import { NEVER_OPEN } from "../harness/organisation";

/** Of each two looks one is enough for axe, which takes its time. */
const LOOKS = [
  { colorScheme: "light", width: 1280, isForAxe: true },
  { colorScheme: "dark", width: 1600, isForAxe: false },
  { colorScheme: "light", width: 320, isForAxe: false },
  { colorScheme: "dark", width: 320, isForAxe: true },
] as const;

/** Looks at a page in one state, in each look; its pictures are kept for people. */
async function look(page: Page, state: string): Promise<void> {
  const isDialog = await page.getByRole("dialog").isVisible();
  for (const { colorScheme, width, isForAxe } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(() => scrollTo(0, 0));
    const path = `../../target/browser/screenshots/settings-${colorScheme}-${width}/${state}.png`;
    await page.screenshot({ path, fullPage: !isDialog });
    await expectNoSidewaysScrolling(page);
    await expectNothingCut(page);
    if (isForAxe) {
      await expectAccessible(page);
    }
  }
  await expect(page.getByRole("main")).not.toContainText(/undefined|null|NaN|\[object/);
}

test("signing in and setting up the Fullview Flow can be seen, heard and reached in every state", async ({
  emptyOrganisation: organisation,
  opensSettings,
  guard,
}) => {
  test.slow();
  guard.expect(/status of 40[01] /);
  const admin = await opensSettings(organisation);
  const { page } = admin;
  await admin.fills("Organisation id", organisation.id);
  await admin.fills("Key", "mistyped");
  await admin.presses("Sign in");
  await expect(admin.main.getByRole("alert")).not.toBeEmpty();
  await look(page, "01-sign-in");
  await admin.signsIn();
  await look(page, "02-empty");
  await admin.ticks("Fullview Flow");
  await admin.presses("Save");
  await expect(page.getByRole("alert").filter({ hasText: "Not saved" })).toBeVisible();
  await look(page, "03-refused");
  await admin.connectsApp();
  await admin.ticks("Offer live chat during business hours");
  await admin.pastesSnippet();
  await admin.presses("Add hours on Friday");
  await admin.field("Friday: opens at").nth(1).fill("16:30");
  await admin.presses("Add hours on Saturday");
  await admin.fills("Saturday: opens at", "22:00");
  await admin.fills("Saturday: closes at", "02:00");
  await admin.presses("Add a date");
  await admin.chooses("Public holidays", "DK");
  await admin.presses("+ Add more");
  await admin.fills("Attribute", "plan");
  await admin.fills("Value", "plan");
  await admin.presses("Add a field");
  await admin.fills("Field’s API name", "Plan__c");
  await admin.fills("Property or value", "plan");
  await look(page, "04-unsaved");
  await admin.testsConnection();
  await expect(admin.state("Test connection")).toHaveText("Needs attention");
  await look(page, "05-mistakes");
  await organisation.changeOrg({ caseFields: [{ name: "Plan__c", type: "string", length: 40 }] });
  await admin.fills("Value", "Plan");
  await admin.saves();
  await admin.testsConnection();
  await expect(admin.state("Test connection")).toHaveText("Works");
  for (const help of await page.getByText("Where this is in Salesforce").all()) {
    await help.click();
  }
  await look(page, "06-works");
});

test("setting up the Omni-Channel Flow can be seen, heard and reached in every state", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  test.slow();
  guard.expect(/status of 412 /);
  await organisation.changeSettings({ integrationType: "omniChannelFlow" });
  await organisation.changeOrg({ package: { remoteSite: false } });
  const admin = await opensSettings(organisation);
  const { page } = admin;
  await admin.signsIn();
  await admin.presses("Generate a new token");
  await expect(page.getByText("Ending", { exact: true })).toBeVisible();
  await page
    .getByRole("button", { name: /^Show the token/ })
    .first()
    .click();
  await admin.presses("Test the callback");
  await expect(page.getByText("Waiting for the org to call back…")).toBeVisible();
  await expect(admin.state("Apex action")).toHaveText("Needs attention");
  await look(page, "11-callback-failed");
  await organisation.changeMessaging({});
  await organisation.changeOrg({ package: {} });
  await admin.testsCallback();
  await expect(admin.state("Apex action")).toHaveText("Works");
  await look(page, "12-callback-passed");
  await page
    .getByRole("button", { name: /^Retire the token/ })
    .first()
    .click();
  await expect(admin.dialog).toBeVisible();
  await look(page, "13-retire");
  await admin.presses("Cancel");

  await admin.fills("Longest wait in minutes", "30");
  await admin.fills("Origin", "Web");
  await organisation.changeSettings({ rescue: { longestWaitMinutes: 60 }, routingAttributes: [] });
  await admin.presses("Save");
  await expect(admin.dialog).toBeVisible();
  await look(page, "14-stale");
  await admin.presses("Keep editing");
  await admin.presses("Discard");
  await look(page, "15-discard");
});

test("the other views can be seen, heard and reached in every state", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  test.slow();
  guard.expect(/status of 404 .*\/escalations\/|net::ERR_FAILED/);
  const admin = await opensSettings(organisation);
  const { page } = admin;
  await admin.signsIn();
  await admin.opens("Escalations");
  await expect(admin.main).toContainText("There are no escalations yet.");
  await look(page, "20-no-escalations");
  await admin.opens("What would happen?");
  await look(page, "21-preview");
  await admin.presses("Show what would happen");
  await expect(admin.answer).toContainText("A live conversation is opened");
  await look(page, "22-preview-live");

  await organisation.escalate("Ada Lovelace");
  await organisation.changeSettings({ businessHours: NEVER_OPEN });
  const made = await organisation.escalate("Grace Murray");
  await organisation.changeOrg({ validationRule: "Nobody may." });
  const stuck = await organisation.escalate("Katherine Johnson");
  await admin.field("Date").fill("2027-10-31");
  await admin.field("Time").fill("02:30");
  await admin.chooses("Time zone", "Europe/Copenhagen");
  await admin.presses("Show what would happen");
  await expect(admin.answer).toContainText("A Case is made");
  await look(page, "23-preview-case");
  await admin.opens("Escalations");
  await expect(admin.main.locator("tbody tr")).toHaveCount(3);
  await look(page, "24-escalations");
  for (const [id, state] of [
    [made.escalationId, "25-case"],
    [stuck.escalationId, "26-stuck"],
    [randomUUID(), "27-not-found"],
  ] as const) {
    await admin.fills("Escalation id", id);
    await admin.presses("Find");
    const shown = admin.main
      .getByRole("heading", { name: id })
      .or(admin.main.getByText("There is no escalation of this id."));
    await expect(shown).toBeVisible();
    await look(page, state);
  }
  await admin.opens("Audit");
  await expect(admin.main.locator("ol.audit > li").first()).toBeVisible();
  await look(page, "28-audit");

  const held: (() => void)[] = [];
  await page.route("**/v1/**", (route) => new Promise<void>((resolve) => held.push(resolve)).then(() => route.abort()));
  await admin.opens("Escalations");
  await expect(admin.main).toContainText("Loading…");
  await look(page, "29-loading");
  held.forEach((release) => release());
  await expect(admin.button("Try again")).toBeVisible();
  await look(page, "30-out-of-reach");
});
