import { type Locator, type Page, expect } from "@playwright/test";

/** Goes from where the focus is to an element, as the Tab key does. */
export async function tabTo(page: Page, element: Locator): Promise<void> {
  await expect(async () => {
    await page.keyboard.press("Tab");
    await expect(element).toBeFocused({ timeout: 1 });
  }).toPass({ intervals: [0] });
}
