import { randomBytes } from "node:crypto";
import { expect, test } from "../harness/fixtures";
import { quickReplies, richLink } from "../harness/rich_messages";

test("each side sees that the other is typing", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.message.pressSequentially("One mo");
  await expect(customer.chat.getByText("Grace is typing…")).toBeVisible();
  await agent.says("One moment.");
  await expect(customer.chat.getByText("Grace is typing…")).toBeHidden();
  await customer.message.pressSequentially("Than");
  await expect(agent.conversation.getByText(/is typing/)).toBeVisible();
  await customer.says("Thanks");
  await expect(agent.conversation.getByText(/is typing/)).toBeHidden();
});

test("what the customer says is sent, then read", async ({ organisation, opensChat, opensConsole }) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.says("Is anybody there?");
  await expect(customer.said("Is anybody there?")).toContainText("Sent");
  const agent = await opensConsole();
  await agent.accepts("Ada Lovelace");
  await expect(customer.said("Is anybody there?")).toContainText("Read");
});

test("what the agent says is read when the customer sees it", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.says("Hello Ada.");
  await expect(customer.log).toContainText("Hello Ada.");
  await expect(agent.said("Hello Ada.")).toContainText("Read");
});

for (const [what, text] of [
  ["HTML", `<b>bold</b> <img src=x onerror="document.title='run'"> &amp; <script>document.title = "run"</script>`],
  ["right-to-left text and emoji", "مرحبا, Ada 👩🏽‍💻 שלום"],
  ["lines", "one\n\n  two\nthree"],
  ["4,000 UTF-16 units", "😀".repeat(2_000)],
] as const) {
  test(`${what} arrives as it was written, both ways`, async ({ talk }) => {
    const { customer, agent } = await talk();
    await agent.says(text);
    await expect(customer.log.getByText(text, { exact: true })).toHaveText(text, { useInnerText: true });
    await customer.says(text);
    await expect(agent.log.getByText(text, { exact: true })).toHaveCount(2);
    await expect(customer.log.getByText(text, { exact: true })).toHaveCount(2);
    await expect(customer.page).toHaveTitle("Analytical Engines");
  });
}

test("an answer that is offered is said when it is chosen, once", async ({ organisation, talk }) => {
  const { escalation, customer } = await talk();
  const message = quickReplies("When shall we call you?", "Monday", "Tuesday");
  await organisation.play(escalation, { kind: "agentSendsMessage", message });
  await customer.log.getByRole("button", { name: "Tuesday" }).click();
  await expect(customer.said("Tuesday").last()).toContainText("Read");
  await expect(customer.log.getByRole("button", { name: "Monday" })).toBeDisabled();
  const { entries } = await organisation.conversation(escalation);
  expect(entries.filter(({ sender, text }) => sender.role === "EndUser" && text === "Tuesday")).toHaveLength(1);
});

test("links open beside the page and tell nothing of it; what is no web address is no link", async ({
  organisation,
  talk,
}) => {
  const { escalation, customer, agent } = await talk();
  await organisation.play(escalation, {
    kind: "agentSendsMessage",
    message: richLink("Our prices", "https://help.example/prices"),
  });
  await agent.says("Or https://help.example/faq?a=1&b=2#c, but not javascript:alert(1) nor data:text/html,x");
  const links = customer.log.getByRole("link");
  await expect(links).toHaveText(["Our prices", "https://help.example/faq?a=1&b=2#c"]);
  for (const [index, href] of ["https://help.example/prices", "https://help.example/faq?a=1&b=2#c"].entries()) {
    await expect(links.nth(index)).toHaveAttribute("href", href);
    await expect(links.nth(index)).toHaveAttribute("target", "_blank");
    await expect(links.nth(index)).toHaveAttribute("rel", /noopener/);
    await expect(links.nth(index)).toHaveAttribute("rel", /noreferrer/);
  }
});

test("a file goes each way without a changed byte, whatever its name", async ({ talk }) => {
  const { customer, agent } = await talk();
  const report = {
    name: "Report <img src=x onerror=alert(1)>.pdf",
    mimeType: "application/pdf",
    buffer: randomBytes(200_000),
  };
  await customer.attaches(report);
  expect(await agent.downloads(report.name)).toEqual(report.buffer);
  const answer = { name: "Antwort für Ada.pdf", mimeType: "application/pdf", buffer: randomBytes(300_000) };
  await agent.attaches(answer);
  expect(await customer.downloads(answer.name)).toEqual(answer.buffer);
});

test("a file that is too large is not sent, and the customer is told", async ({ organisation, opensChat }) => {
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.attaches({ name: "film.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(4_000_001) });
  await expect(customer.chat).toContainText(/too large/);
});

test("a file of a type that is refused can be removed", async ({ organisation, guard, opensChat }) => {
  guard.expect(/status of 415/);
  const customer = await opensChat(await organisation.escalate("Ada Lovelace"));
  await customer.attaches({ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<p>") });
  const entry = customer.said("page.html");
  await expect(entry).toContainText("Files of this type can’t be sent.");
  await entry.getByRole("button", { name: "Remove" }).click();
  await expect(entry).toBeHidden();
});

test("of a file that Salesforce refuses the customer is told that it was not delivered", async ({ talk }) => {
  const { customer, agent } = await talk();
  await customer.attaches({ name: "setup.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
  await expect(customer.said("setup.exe")).toContainText("Not delivered");
  await customer.says("Did you get it?");
  await expect(agent.log).toContainText("Did you get it?");
});

test("a conversation goes over to another agent by name, and back to the queue", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.transfers("Katherine");
  await customer.stands("You are chatting with Katherine");
  await agent.says("I take it from here.");
  await expect(customer.said("I take it from here.")).toContainText("Katherine");
  await agent.transfers();
  await customer.stands("Waiting for an agent");
  await customer.says("Still there?");
  await agent.does("Accept");
  await customer.stands("You are chatting with Grace");
  await expect(agent.log).toContainText("Still there?");
});

test("an agent who takes a conversation up at once is named", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.transfers();
  await agent.does("Accept");
  await agent.says("Back again.");
  await expect(customer.said("Back again.")).toContainText("Grace");
  await customer.stands("You are chatting with Grace");
});
