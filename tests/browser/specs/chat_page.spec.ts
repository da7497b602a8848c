import { randomBytes, randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { expectAccessible, expectNoSidewaysScrolling } from "../harness/accessibility";
import { Agent } from "../harness/agent";
import { Customer } from "../harness/customer";
import { expect, test } from "../harness/fixtures";
import { stack } from "../harness/stack";

/** A customer whom nobody else is called. */
const somebody = () => `Ada ${randomUUID().slice(0, 8)}`;

/** Fills in the form of `/chat/` and asks for a human. */
async function talksToAHuman(
  page: Page,
  name: string,
  answering?: string,
): Promise<{ customer: Customer; agent: Agent }> {
  await page.goto(`${stack().api}/chat/`);
  await page.getByRole("textbox", { name: "Your name" }).fill(name);
  if (answering !== undefined) {
    await page.getByRole("combobox", { name: "Who answers" }).selectOption(answering);
  }
  await page.getByRole("button", { name: "Talk to a human" }).click();
  return seated(page);
}

function seated(page: Page): { customer: Customer; agent: Agent } {
  return { customer: new Customer(page), agent: new Agent(page, page.frameLocator("iframe[title='Agent console']")) };
}

test("from /chat/ a customer waits in the queue, talks with agents in the console beside it, and is told of the end", async ({
  newPage,
}) => {
  test.slow();
  const page = await newPage();
  const name = somebody();
  const { customer, agent } = await talksToAHuman(page, name);
  await customer.stands("Waiting for an agent");
  await agent.selects(name);
  await agent.tellsQueue(2, 3);
  await customer.stands("You are number 2 in the queue");
  await customer.stands("About 3 minutes");

  await agent.does("Accept");
  await customer.stands("You are chatting with Grace");
  await agent.message.pressSequentially("Hello");
  await expect(customer.chat.getByText("Grace is typing…")).toBeVisible();
  await agent.says("Hello Ada.");
  await expect(customer.log).toContainText("Hello Ada.");
  await customer.message.pressSequentially("Hello");
  await expect(agent.conversation.getByText(`${name} is typing…`)).toBeVisible();
  await customer.says("Hello Grace.");
  await expect(customer.said("Hello Grace.")).toContainText("Read");

  const report = { name: "report.pdf", mimeType: "application/pdf", buffer: randomBytes(10_000) };
  await customer.attaches(report);
  expect(await agent.downloads("report.pdf")).toEqual(report.buffer);
  const answer = { name: "answer.pdf", mimeType: "application/pdf", buffer: randomBytes(10_000) };
  await agent.attaches(answer);
  expect(await customer.downloads("answer.pdf")).toEqual(answer.buffer);

  await agent.transfers("Katherine");
  await customer.stands("You are chatting with Katherine");
  await agent.transfers();
  await customer.stands("Waiting for an agent");
  await agent.does("Accept");
  await customer.stands("You are chatting with Grace");
  await agent.does("End");
  await customer.stands("Grace has ended the chat.");

  await page.getByRole("button", { name: "New conversation" }).click();
  await expect(page.getByRole("button", { name: "Talk to a human" })).toBeVisible();
  await expect(customer.chat).toBeHidden();
});

test("a reload and a second tab of /chat/ show the same conversation", async ({ newPage }) => {
  const page = await newPage();
  const name = somebody();
  const { customer, agent } = await talksToAHuman(page, name);
  await agent.accepts(name);
  await customer.stands("You are chatting with Grace");
  await customer.says("Customer says 1");
  await expect(customer.said("Customer says 1")).toContainText("Read");
  await page.reload();
  await expect(customer.said("Customer says 1")).toHaveCount(1);
  const second = await customer.opensSecondTab();
  await expect(second.said("Customer says 1")).toHaveCount(1);
  await second.says("Customer says 2");
  await expect(customer.said("Customer says 2")).toHaveCount(1);
});

test("out of hours /chat/ leads to a Case at once", async ({ newPage }) => {
  const { customer } = await talksToAHuman(await newPage(), somebody(), "Nobody, out of hours");
  await customer.stands(/We have made a Case for you: \d{8}\./);
});

for (const look of [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "light", width: 320 },
  { colorScheme: "dark", width: 320 },
] as const) {
  test(`/chat/ can be seen, heard and reached: ${look.colorScheme}, ${look.width} px`, async ({ newPage }) => {
    const page = await newPage(look);
    const check = async (state: string): Promise<void> => {
      const path = `../../target/browser/screenshots/chat-page-${look.colorScheme}-${look.width}/${state}.png`;
      await page.screenshot({ path, fullPage: true });
      await expectAccessible(page);
      await expectNoSidewaysScrolling(page);
    };
    await page.goto(`${stack().api}/chat/`);
    await expect(page.getByRole("button", { name: "Talk to a human" })).toBeVisible();
    await check("1-form");
    const name = somebody();
    const { customer, agent } = await talksToAHuman(page, name);
    await agent.accepts(name);
    await agent.says("Hello Ada. Which lamp is it, and since when does it flicker?");
    await customer.says("The one in the hall, since Friday.");
    await expect(customer.said("The one in the hall")).toContainText("Read");
    await check("2-talking");
  });
}
