import { randomUUID } from "node:crypto";
import { expect, test } from "../harness/fixtures";
import { NEVER_OPEN } from "../harness/organisation";

test("escalations are listed, counted, filtered and found, each with its timeline, and a stuck one is driven again", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 404 .*\/escalations\//);
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("Escalations");
  await expect(admin.main).toContainText("There are no escalations yet.");
  const waiting = await organisation.escalate("Ada Lovelace");
  await organisation.changeSettings({ businessHours: NEVER_OPEN });
  const made = await organisation.escalate("Grace Murray");
  await organisation.changeOrg({ validationRule: "Nobody may." });
  const stuck = await organisation.escalate("Katherine Johnson");

  const rows = admin.main.getByRole("table", { name: "Escalations" }).getByRole("row");
  await expect(async () => {
    await admin.presses("Refresh");
    await expect(rows).toHaveCount(4, { timeout: 2_000 });
  }).toPass();
  await expect(rows.nth(1)).toContainText("Stuck");
  await expect(rows.nth(2)).toContainText("Case made");
  await expect(rows.nth(2)).toContainText("by us");
  await expect(rows.nth(2)).toContainText("Out of hours");
  await expect(rows.nth(3)).toContainText("Waiting");
  await expect(admin.main.getByRole("button", { name: "All 3" })).toHaveAttribute("aria-pressed", "true");
  await expect(admin.main.getByRole("button", { name: "Open 2" })).toBeVisible();
  await admin.presses("Ended 0");
  await expect(admin.main).toContainText("There are no escalations of this status.");
  await admin.presses("Case made 1");
  await expect(rows).toHaveCount(2);
  await rows.nth(1).getByRole("link").click();
  await expect(admin.main.getByRole("heading", { name: made.escalationId })).toBeVisible();
  await expect(admin.main.locator("[data-event=caseCreated]")).toContainText("Case made");
  await expect(admin.main).toContainText("Case (settings version 2). It is outside of business hours.");

  await admin.fills("Escalation id", "nonsense");
  await admin.presses("Find");
  await expect(admin.main.getByRole("alert")).toContainText("An escalation’s id looks like");
  await admin.fills("Escalation id", randomUUID());
  await admin.presses("Find");
  await expect(admin.main.getByRole("alert").filter({ hasText: "There is no escalation of this id." })).toBeVisible();
  await admin.fills("Escalation id", waiting.escalationId.toUpperCase());
  await admin.presses("Find");
  await expect(admin.main.locator("[data-event=messagingStarted]")).toContainText("Conversation opened");

  await admin.fills("Escalation id", stuck.escalationId);
  await admin.presses("Find");
  await expect(admin.main).toContainText("What to do:");
  await organisation.changeOrg({ validationRule: null });
  await admin.presses("Drive it again");
  await expect(admin.main.locator("[data-event=redriven]")).toHaveCount(1);
  await expect(async () => {
    await admin.presses("Refresh");
    await expect(admin.main.locator("[data-event=caseCreated]")).toHaveCount(1, { timeout: 2_000 });
  }).toPass();
  expect(await organisation.cases()).toHaveLength(2);
});

test("a long list is shown in pages", async ({ organisation, opensSettings }) => {
  await organisation.changeSettings({ businessHours: NEVER_OPEN });
  const names = Array.from({ length: 26 }, (_, index) => `Customer ${index}`);
  await Promise.all(names.map((name) => organisation.escalate(name)));
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("Escalations");
  const rows = admin.main.locator("tbody tr");
  await expect(rows).toHaveCount(25);
  await admin.button("Show more").dblclick();
  await expect(admin.button("Show more")).toBeHidden();
  await expect(rows).toHaveCount(26);
});
