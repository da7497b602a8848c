import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds on a page: all that breaks WCAG 2.2 AA, and of the best practices what it calls serious or worse. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags([...STANDARDS, "best-practice"]).analyze();
  const found = violations.filter(
    ({ tags, impact }) => isStandard(tags) || impact === "serious" || impact === "critical",
  );
  expect(
    found.map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes.map(({ html, any }) => [html, ...any.map(({ message }) => message)]),
    })),
  ).toEqual([]);
}

function isStandard(tags: string[]): boolean {
  return tags.some((tag) => STANDARDS.includes(tag));
}

/** Nothing sticks out of the page at its sides. */
export async function expectNoSidewaysScrolling(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(
    0,
  );
}

/** Nothing is cut off at the right, where a page clips what is too wide. */
export async function expectNothingCut(page: Page): Promise<void> {
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll("body *:not(.visually-hidden)")]
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const { right, height } = element.getBoundingClientRect();
        return height > 0 && right > innerWidth + 1;
      })
      .map((element) => element.outerHTML.slice(0, 200)),
  );
  expect(cut).toEqual([]);
}
