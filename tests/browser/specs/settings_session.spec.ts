import { expect, test } from "../harness/fixtures";
import { Organisation } from "../harness/organisation";
import { stack } from "../harness/stack";

test("a key that is mistyped, of another organisation or missing is refused with the reason", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 40[134] .*\/settings\)$/);
  const admin = await opensSettings(organisation);
  const problem = admin.main.getByRole("alert");
  await admin.presses("Sign in");
  await expect(problem).toHaveText("Fill in both fields.");
  await expect(admin.field("Organisation id")).toBeFocused();
  await admin.fills("Organisation id", organisation.id);
  await admin.fills("Key", "ключ");
  await admin.presses("Sign in");
  await expect(problem).toContainText("A key has only letters, digits, - and _.");
  await admin.fills("Key", `${admin.key}x`);
  await admin.presses("Sign in");
  await expect(problem).toContainText("The key is not accepted.");
  const other = await (await Organisation.make()).makeKey();
  await admin.fills("Key", other.key);
  await admin.presses("Sign in");
  await expect(problem).toContainText("The key belongs to another organisation.");
  await admin.signsIn();
});

test("a key is in the page's memory only: in no address, store or cookie, and gone after a reload", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  const { page } = admin;
  await admin.signsIn();
  await admin.opens("What would happen?");
  await admin.opens("Escalations");
  await admin.opens("Audit");
  await admin.opens("Set-up");
  await admin.fills("Client secret", "never saved");
  const kept = await page.evaluate(async () => [
    { ...localStorage },
    { ...sessionStorage },
    document.cookie,
    await indexedDB.databases(),
    await caches.keys(),
    history.state,
  ]);
  expect(kept).toEqual([{}, {}, "", [], [], null]);
  expect(await page.context().cookies()).toEqual([]);
  expect(page.url()).toBe(`${stack().api}/settings/#setup`);
  await admin.presses("Discard");
  await admin.presses("Discard changes", admin.dialog);
  await page.reload();
  await expect(admin.field("Key")).toHaveValue("");
  await admin.signsIn();
  await admin.presses("Sign out");
  await expect(admin.field("Key")).toHaveValue("");
  await page.goBack();
  await expect(admin.field("Organisation id")).toBeVisible();
  await expect(admin.field("Domain")).toBeHidden();
});

test("changes that are not saved are counted, outlive the views, and are never lost without a question", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  const { page } = admin;
  await admin.signsIn();
  await admin.fills("Origin", "Web");
  await expect(admin.saving).toContainText("1 unsaved change");
  await expect(admin.state("Case")).toHaveText("Not saved");
  await admin.fills("Client secret", "another");
  await expect(admin.saving).toContainText("2 unsaved changes");
  await admin.opens("Audit");
  await expect(admin.saving).toContainText("2 unsaved changes");
  await admin.opens("Set-up");
  await expect(admin.field("Origin")).toHaveValue("Web");
  await expect(admin.field("Client secret")).toHaveValue("another");

  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  await (await asked).dismiss();
  await admin.presses("Sign out");
  await expect(admin.dialog).toHaveAccessibleName("Sign out with unsaved changes?");
  await admin.presses("Keep editing");
  await expect(admin.field("Origin")).toHaveValue("Web");

  await admin.presses("Discard");
  await admin.presses("Discard changes", admin.dialog);
  await expect(admin.field("Origin")).toHaveValue("Chat");
  await expect(admin.field("Client secret")).toHaveValue("");
  await expect(admin.saving).toContainText("All changes are saved");
});

test("what cannot be saved because the server is away is kept, and saved when it is back", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/net::ERR_FAILED/);
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.fills("Origin", "Web");
  await admin.page.route("**/v1/**", (route) => route.abort());
  await admin.presses("Save");
  await expect(admin.saving.getByRole("alert")).toContainText("The server could not be reached.");
  await expect(admin.saving).toContainText("1 unsaved change");
  await admin.page.unroute("**/v1/**");
  await admin.saves();
  expect(await organisation.settings()).toMatchObject({ case: { origin: "Web" } });
});
