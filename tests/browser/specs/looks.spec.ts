import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScrolling } from "../harness/accessibility";
import { expect, test } from "../harness/fixtures";
import { quickReplies, richLink } from "../harness/rich_messages";

const LOOKS = [
  { lang: "en", colorScheme: "light", width: 1280 },
  { lang: "en", colorScheme: "dark", width: 320 },
  { lang: "de", colorScheme: "dark", width: 1280 },
  { lang: "ar", colorScheme: "light", width: 320 },
] as const;

for (const look of LOOKS) {
  const name = `${look.lang}-${look.colorScheme}-${look.width}`;

  /** Looks at a page in one state; its picture is kept for people. */
  const check = async (page: Page, state: string): Promise<void> => {
    await page.screenshot({ path: `../../target/browser/screenshots/${name}/${state}.png`, fullPage: true });
    await expectAccessible(page);
    await expectNoSidewaysScrolling(page);
    await expect(page.getByRole("main")).not.toContainText(/undefined|null|NaN|\[object/);
  };

  test(`every state can be seen, heard and reached: ${name}`, async ({
    organisation,
    network,
    guard,
    opensChat,
    opensConsole,
  }) => {
    test.slow();
    guard.expect(/net::ERR_/);
    const escalation = await organisation.escalate("Ada Lovelace");
    const customer = await opensChat(escalation, look);
    const { texts } = customer;
    await expect(customer.chat).toHaveCSS("direction", look.lang === "ar" ? "rtl" : "ltr");
    await customer.stands(texts.waiting);
    await check(customer.page, "1-waiting");

    const agent = await opensConsole(look);
    await check(agent.page, "console-1-list");
    await agent.selects("Ada Lovelace");
    await agent.tellsQueue(2, 3);
    await customer.stands(texts.secondInQueue);
    await customer.says("Is anybody there?");
    await check(customer.page, "2-in-queue");
    await check(agent.page, "console-2-waiting");

    await agent.does("Accept");
    await customer.stands(texts.chattingWith("Grace"));
    await agent.says(
      "Hello Ada, I am Grace. Does it stop with every invoice, or only with long ones? See https://help.example/exports?lang=en#long for the limits.",
    );
    await customer.says("Only with long ones.\nThe last one had 1,200 lines.");
    await customer.attaches({ name: "export.png", mimeType: "image/png", buffer: await agent.page.screenshot() });
    await agent.attaches({
      name: "A very long name of a file that does not fit in one line, for sure not.pdf",
      mimeType: "application/pdf",
      buffer: Buffer.alloc(123_456),
    });
    await organisation.play(escalation, {
      kind: "agentSendsMessage",
      message: quickReplies("What shall we do?", "Export in parts", "Call me back", "I will wait for the next version"),
    });
    await organisation.play(escalation, {
      kind: "agentSendsMessage",
      message: richLink("Exporting long invoices", "https://help.example/exports"),
    });
    await customer.attaches({ name: "film.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(4_000_001) });
    await agent.message.pressSequentially("Let me");
    await expect(customer.log).toContainText("Export in parts");
    await customer.message.fill("A draft");
    await expect(customer.log.getByRole("listitem").last()).toBeInViewport({ ratio: 1 });
    await check(customer.page, "3-active");
    await check(agent.page, "console-3-active");

    await customer.endChat.click();
    await expect(customer.dialog).toBeVisible();
    await check(customer.page, "4-dialog");
    await customer.page.keyboard.press("Escape");
    await network.cut();
    await customer.stands(texts.reconnecting);
    await customer.send();
    await expect(customer.said("A draft")).toBeInViewport({ ratio: 1 });
    await check(customer.page, "5-network-cut");
    await network.restore();
    await expect(agent.log).toContainText("A draft");

    await agent.does("End");
    // So soon after the cut the relay may not hear of the end: then it finds it out by looking.
    await customer.stands(texts.endedBy("Grace"), { timeout: 150_000 });
    await check(customer.page, "6-ended");
    await check(agent.page, "console-4-ended");
  });

  test(`a Case can be seen and heard: ${name}`, async ({ organisation, opensChat, opensConsole }) => {
    const customer = await opensChat(await organisation.escalate("Ada Lovelace"), look);
    await customer.stands(customer.texts.waiting);
    await customer.says("Is anybody there?");
    const agent = await opensConsole(look);
    await agent.selects("Ada Lovelace");
    await expect(agent.log).toContainText("Is anybody there?");
    await agent.does("No agent available");
    await customer.stands(customer.texts.caseMade);
    await check(customer.page, "7-case");
    await agent.page.getByRole("tab", { name: "Cases" }).click();
    await check(agent.page, "console-5-cases");
  });
}
