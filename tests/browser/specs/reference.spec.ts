import { expectNoSidewaysScrolling } from "../harness/accessibility";
import { expect, test } from "../harness/fixtures";
import { stack } from "../harness/stack";

/** What a test reads of the description. */
interface Description {
  tags: { name: string }[];
  paths: Record<string, Record<string, { summary: string }>>;
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`/openapi/ shows each operation, ${colorScheme}, and asks nobody else`, async ({ newPage, guard }) => {
    const page = await newPage({ colorScheme });
    guard.confine(page, stack().api, "Bearer");
    const answer = await page.goto(`${stack().api}/openapi/`);
    expect(answer?.headers()["content-security-policy"]).toContain("default-src 'none'");
    await expect(page.getByRole("heading", { name: "Fullview escalations for Salesforce" })).toBeVisible();
    const description = await page.request.get(`${stack().api}/openapi.json`);
    const { paths, tags } = (await description.json()) as Description;
    const sidebar = page.getByRole("complementary", { name: /^Sidebar/ });
    await expect(sidebar.getByRole("button", { name: "Close Group - Escalations" })).toBeVisible();
    for (const { name } of tags.slice(1)) {
      await sidebar.getByRole("button", { name: `Open Group - ${name}` }).click();
    }
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(30);
    for (const { summary } of operations) {
      await expect(sidebar.getByRole("link", { name: summary }).first()).toBeVisible();
    }
    await page.screenshot({ path: `../../target/browser/screenshots/reference-${colorScheme}.png` });
  });
}

test("/openapi/ is readable on a phone", async ({ newPage }) => {
  const page = await newPage({ width: 390 });
  await page.goto(`${stack().api}/openapi/`);
  await expect(page.getByRole("heading", { name: "Fullview escalations for Salesforce" })).toBeVisible();
  await expectNoSidewaysScrolling(page);
  await page.screenshot({ path: "../../target/browser/screenshots/reference-narrow.png" });
  await page.getByRole("button", { name: "Open Menu" }).click();
  await expect(page.getByRole("link", { name: "Escalate a conversation" }).first()).toBeVisible();
});
