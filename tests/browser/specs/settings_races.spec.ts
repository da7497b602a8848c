import type { Admin } from "../harness/admin";
import { expect, test } from "../harness/fixtures";

/** Holds the page's requests of a method and path back until `release` is called. */
async function held(admin: Admin, method: string, path: string): Promise<{ release: () => void }> {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await admin.page.route(`**/v1/organisations/*${path}`, async (route) => {
    if (route.request().method() === method) {
      await released;
    }
    await route.continue();
  });
  return { release };
}

test("what is written while a save goes on is kept, at the place where it is written, and stays unsaved", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  const saving = await held(admin, "PUT", "/settings");
  await admin.fills("Origin", "Web");
  await admin.presses("Save");
  await expect(admin.button("Saving…")).toBeVisible();
  await admin.fills("Client secret", organisation.clientSecret);
  await admin.fills("Priority", "");
  await admin.page.keyboard.type("Hi");
  saving.release();
  await expect(admin.saving).toContainText("2 unsaved changes");
  await admin.page.keyboard.type("gh");
  await expect(admin.field("Priority")).toHaveValue("High");
  await expect(admin.field("Client secret")).toHaveValue(organisation.clientSecret);
  expect(await organisation.settings()).toMatchObject({ case: { origin: "Web", priority: "Medium" } });
  await admin.saves();
  expect(await organisation.settings()).toMatchObject({ case: { origin: "Web", priority: "High" } });
});

test("what a test finds does not stand for values that were written while it ran", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  const testing = await held(admin, "POST", "/settings/test");
  await admin.presses("Test connection");
  await admin.fills("Developer name", "Wrong_Name");
  testing.release();
  await expect(admin.state("Connected app")).toHaveText("Works");
  await expect(admin.state("Messaging")).toHaveText("Not saved");
  await expect(admin.check("Messaging deployment")).toContainText("Changed since the test");
  await admin.saves();
  await expect(admin.state("Messaging")).toHaveText("Saved");
  await expect(admin.state("Connected app")).toHaveText("Works");
  await admin.testsConnection();
  await expect(admin.state("Messaging")).toHaveText("Needs attention");
});

test("the callback is green no longer once the token that came back is not valid any more", async ({
  organisation,
  opensSettings,
}) => {
  await organisation.changeSettings({ integrationType: "omniChannelFlow" });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.testsCallback();
  await expect(admin.state("Apex action")).toHaveText("Works");
  await admin.chooses("Old tokens stay valid for", "no time: they end at once");
  await admin.presses("Generate a new token");
  await expect(admin.card("Apex action")).toContainText(
    "The last test was with a token or a domain that counts no more.",
  );
  await expect(admin.state("Apex action")).not.toHaveText("Works");
});

test("a second click on a button that generates a token generates none", async ({ organisation, opensSettings }) => {
  await organisation.changeSettings({ integrationType: "omniChannelFlow" });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  const tokens = admin.card("Apex action").locator(".token-list > li");
  await expect(tokens).toHaveCount(1);
  await admin.button("Generate a new token").dblclick();
  await expect(tokens).toHaveCount(2);
  await admin.page.reload();
  await admin.signsIn();
  await expect(tokens).toHaveCount(2);
});

test("live chat that another admin switched off while its hours were changed is off or on as a whole", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 412 .*\/settings\)$/);
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.fills("Monday: opens at", "08:00");
  await organisation.changeSettings({ messaging: null, businessHours: null });
  await admin.presses("Save");
  const differences = admin.dialog.getByRole("listitem");
  await expect(differences).toHaveCount(2);
  await expect(differences.filter({ hasText: "Business hours" })).toContainText("both changed it");
  await differences.filter({ hasText: "Developer name" }).getByRole("radio", { name: /^Mine/ }).check();
  await admin.presses("Save with these choices");
  await expect(admin.saving.getByText("All changes are saved")).toBeVisible();
  await expect(admin.field("Monday: opens at")).toHaveValue("08:00");
  expect(await organisation.settings()).toMatchObject({
    messaging: { developerName: organisation.developerName },
    businessHours: { weekly: { monday: [{ open: "08:00" }], sunday: [{ open: "00:00" }] } },
  });
});

test("of two client secrets that were written at the same time one is chosen, and none is shown", async ({
  organisation,
  twoAdmins,
}) => {
  const [ada, grace] = await twoAdmins();
  await ada.fills("Client secret", "mistyped");
  await grace.fills("Client secret", organisation.clientSecret);
  await grace.saves();
  await ada.presses("Save");
  const difference = ada.dialog.getByRole("listitem").filter({ hasText: "Client secret" });
  await expect(difference).toContainText("both changed it");
  await expect(ada.dialog).not.toContainText("mistyped");
  await difference.getByRole("radio", { name: /^Theirs/ }).check();
  await ada.presses("Save with these choices");
  await expect(ada.saving.getByText("All changes are saved")).toBeVisible();
  await expect(ada.field("Client secret")).toHaveValue("");
  await ada.testsConnection();
  await expect(ada.state("Connected app")).toHaveText("Works");
});

test("live chat that is switched off and on again has the values that were typed", async ({
  emptyOrganisation,
  opensSettings,
}) => {
  const admin = await opensSettings(emptyOrganisation);
  await admin.signsIn();
  await admin.choosesLiveChat();
  await admin.fills("Developer name", "Typed");
  await admin.field("Offer live chat during business hours").uncheck();
  await expect(admin.field("Developer name")).toBeHidden();
  await admin.ticks("Offer live chat during business hours");
  await expect(admin.field("Developer name")).toHaveValue("Typed");
});
