import { expect, test } from "../harness/fixtures";

test("the audit shows which key changed what, from what to what, and secrets as changed only", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.ticks("Omni-Channel Flow");
  await admin.fills("Origin", "Web");
  await admin.fills("Client secret", "a new secret");
  await admin.presses("+ Add more");
  await admin.field("Attribute").nth(1).fill("plan");
  await admin.field("Value").nth(1).fill("Plan");
  await admin.saves();
  await admin.presses("Generate a new token");
  const tokens = admin.card("Apex action").locator(".token-list > li");
  await expect(tokens).toHaveCount(2);
  await admin.page
    .getByRole("button", { name: /^Show the token/ })
    .first()
    .click();
  const token = await tokens.first().locator("code").textContent();
  await admin.page
    .getByRole("button", { name: /^Retire the token/ })
    .last()
    .click();
  await admin.presses("Retire", admin.dialog);
  await expect(tokens).toHaveCount(1);

  await admin.opens("Audit");
  const entries = admin.main.locator("ol.audit > li");
  await expect(entries.nth(0)).toContainText("Escalations token retired");
  await expect(entries.nth(1)).toContainText("Escalations token generated");
  await expect(entries.nth(2)).toContainText("Settings, version 2");
  for (const index of [0, 1, 2]) {
    await expect(entries.nth(index)).toContainText(admin.keyId);
  }
  const row = (name: string) => entries.nth(2).getByRole("row").filter({ hasText: name });
  await expect(row("Integration type").getByRole("cell")).toHaveText(["Fullview Flow", "Omni-Channel Flow"]);
  await expect(row("Case: Origin").getByRole("cell")).toHaveText(["Chat", "Web"]);
  await expect(row("Client secret").getByRole("cell")).toHaveText(["changed"]);
  await expect(row("Routing attributes").getByRole("cell")).toHaveText(["none", "plan → Plan"]);
  await expect(admin.main).toContainText("Key made");
  for (const secret of ["a new secret", organisation.clientSecret, token ?? "", admin.key]) {
    expect(secret).not.toBe("");
    expect(await admin.page.content()).not.toContain(`>${secret}<`);
  }
});
