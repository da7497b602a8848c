import { expectAccessible } from "../harness/accessibility";
import { expect, test } from "../harness/fixtures";

test("the agent ends, and the customer is told who did", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.does("End");
  await customer.stands("Grace has ended the chat.");
  await expect(customer.message).toBeHidden();
});

test("an agent's end of which Salesforce tells nothing is found out when the customer writes", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.conversation.getByRole("switch", { name: "Salesforce sends the end event" }).click();
  await agent.does("End");
  await expect(agent.conversation).toContainText("Ended");
  await customer.says("Are you still there?");
  await customer.stands("Grace has ended the chat.");
  await expect(customer.said("Are you still there?")).toContainText("Not delivered");
});

test("the customer ends with the keyboard alone, after thinking twice", async ({ talk }) => {
  const { customer, agent } = await talk();
  const { endChat, dialog } = customer;
  const { keyboard } = customer.page;

  await customer.tabsTo(endChat);
  await keyboard.press("Enter");
  await expect(dialog).toBeVisible();
  await keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(endChat).toBeFocused();
  await keyboard.press("Enter");
  await customer.tabsTo(dialog.getByRole("button", { name: "Keep chatting" }));
  await keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await keyboard.press("Enter");
  await customer.tabsTo(dialog.getByRole("button", { name: "End chat" }));
  await keyboard.press("Enter");

  await customer.stands("You have ended the chat.");
  await expect(customer.message).toBeHidden();
  await expect(agent.conversation).toContainText("Closed");
});

test("a conversation in which nobody says anything ends by itself", async ({ organisation, talk }) => {
  const { escalation, customer } = await talk();
  await organisation.play(escalation, { kind: "goesInactive" });
  await organisation.play(escalation, { kind: "sessionEnds", by: "inactivity" });
  await customer.stands("The chat ended because nothing was said for a while.");
});

test("when no agent is available the customer gets the number of the Case that the flow made", async ({
  organisation,
  opensChat,
  opensConsole,
}) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  const agent = await opensConsole();
  await agent.selects("Ada Lovelace");
  await agent.does("No agent available");
  await customer.stands("We have made a Case for you: 00001001.");
  await expect(customer.log).toContainText("We have made a Case for you: 00001001.");
  await expect(customer.message).toBeHidden();
});

test("when no conversation can be opened the customer gets a Case", async ({ organisation, opensChat }) => {
  await organisation.changeMessaging({ published: false });
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.stands("We have made a Case for you: 00001001.");
  await expect(customer.message).toBeHidden();
});

test("a chat that is over is shown again when the page is loaded again", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.says("Goodbye.");
  await agent.does("End");
  await customer.stands("Grace has ended the chat.");
  await customer.page.reload();
  await customer.stands("Grace has ended the chat.");
  await expect(customer.log).toContainText("Goodbye.");
});

test("the page learns how it ended", async ({ organisation, opensChat }) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  const told = customer.page.evaluate(
    () =>
      new Promise((resolve) =>
        document.addEventListener("fullview-chat-ended", (event) => resolve((event as CustomEvent).detail), {
          once: true,
        }),
      ),
  );
  await customer.ends();
  expect(await told).toMatchObject({ by: "customer" });
});

test("to a page with a forged token the chat is not available", async ({ organisation, opensChat, guard }) => {
  guard.expect(/status of 401/);
  const { escalationId } = await organisation.escalate("Ada Lovelace");
  const stranger = await opensChat({ escalationId, conversationToken: "forged" });
  await stranger.stands("This chat is not available any more.");
  await expect(stranger.message).toBeHidden();
  await expectAccessible(stranger.page);
});
