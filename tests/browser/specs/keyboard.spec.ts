import { expect, test } from "../harness/fixtures";
import { quickReplies } from "../harness/rich_messages";

test("a customer writes, sends a file, answers, reads back and ends with the keyboard alone", async ({
  organisation,
  talk,
}) => {
  const { escalation, customer, agent } = await talk();
  const { page, chat, message } = customer;
  const { keyboard } = page;

  await customer.tabsTo(message);
  await keyboard.type("One line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("and another");
  await keyboard.press("Enter");
  await expect(agent.log).toContainText("One line");
  await expect(agent.log).toContainText("and another");
  await expect(message).toHaveValue("");
  await expect(message).toBeFocused();

  await organisation.play(escalation, {
    kind: "agentSendsMessage",
    message: quickReplies("When shall we call you?", "Monday", "Tuesday"),
  });
  await customer.tabsTo(customer.log.getByRole("button", { name: "Monday" }));
  await keyboard.press("Enter");
  await expect(agent.said("Monday").last()).toBeVisible();

  await customer.tabsTo(chat.getByRole("button", { name: "Attach a file" }));
  const chooser = page.waitForEvent("filechooser");
  await keyboard.press("Enter");
  await (await chooser).setFiles({ name: "report.txt", mimeType: "text/plain", buffer: Buffer.from("report") });
  await expect(agent.log).toContainText("report.txt");
  await customer.tabsTo(customer.log.getByRole("button", { name: "Download report.txt" }));

  await customer.tabsTo(customer.endChat);
  await keyboard.press("Enter");
  await expect(customer.dialog).toBeVisible();
  await customer.tabsTo(customer.dialog.getByRole("button", { name: "End chat" }));
  await keyboard.press("Enter");
  await customer.stands("You have ended the chat.");
  await expect(message).toBeHidden();
  expect(await page.evaluate(() => document.activeElement?.localName)).toBe("fullview-chat");
});

test("the focus does not leave the question whether to end", async ({ organisation, opensChat }) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.endChat.click();
  const buttons = customer.dialog.getByRole("button");
  await expect(buttons).toHaveCount(2);
  for (let press = 0; press < 6; press += 1) {
    await customer.page.keyboard.press("Tab");
    const isOutside = await customer.page.evaluate(() => {
      const focused = document.activeElement?.shadowRoot?.activeElement;
      return focused !== null && focused !== undefined && focused.closest("dialog, [role=dialog]") === null;
    });
    expect(isOutside).toBe(false);
  }
});

test("what has the focus can be seen", async ({ organisation, opensChat }) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.tabsTo(customer.endChat);
  await expect(customer.endChat).not.toHaveCSS("outline-style", "none");
});
