import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../harness/fixtures";
import type { Network } from "../harness/network";

/** What was said, as it is shown, in order: "Agent says 1" or "Customer says 1". */
async function shown(log: Locator): Promise<string[]> {
  return (await log.innerText()).match(/(Agent|Customer) says \d+/g) ?? [];
}

async function show(log: Locator, expected: string[]): Promise<void> {
  await expect.poll(() => shown(log)).toEqual(expected);
}

for (const [how, cut, restore] of [
  ["every connection breaks", (network: Network) => network.cut(), (network: Network) => network.restore()],
  [
    "the browser is offline",
    (_: Network, page: Page) => page.context().setOffline(true),
    (_: Network, page: Page) => page.context().setOffline(false),
  ],
] as const) {
  test(`what both say while ${how} arrives once and in order`, async ({ network, guard, talk }) => {
    guard.expect(/net::ERR_/);
    const { customer, agent } = await talk();
    await agent.says("Agent says 1");
    await customer.says("Customer says 1");
    await show(agent.log, ["Agent says 1", "Customer says 1"]);
    await cut(network, customer.page);
    await customer.stands("Reconnecting…");
    await agent.says("Agent says 2");
    await customer.says("Customer says 2");
    await customer.says("Customer says 3");
    await agent.says("Agent says 3");
    await expect(customer.said("Customer says 3")).toContainText("Sending…");
    await restore(network, customer.page);
    const all = [
      "Agent says 1",
      "Customer says 1",
      "Agent says 2",
      "Agent says 3",
      "Customer says 2",
      "Customer says 3",
    ];
    await show(agent.log, all);
    await show(customer.log, all);
    await customer.stands("You are chatting with Grace");
    await expect(customer.chat.getByText("Reconnecting…")).toBeHidden();
  });
}

test("a connection that has fallen silent is given up for another", async ({ network, guard, talk }) => {
  test.slow();
  guard.expect(/net::ERR_/);
  const { customer, agent } = await talk();
  network.stall();
  await agent.says("Agent says 1");
  await expect.poll(() => shown(customer.log), { timeout: 90_000 }).toEqual(["Agent says 1"]);
});

test("a page that is loaded again shows everything once and goes on", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.says("Agent says 1");
  await customer.says("Customer says 1");
  await show(agent.log, ["Agent says 1", "Customer says 1"]);
  await customer.message.fill("Not yet sent");
  await customer.page.reload();
  await show(customer.log, ["Agent says 1", "Customer says 1"]);
  await customer.stands("You are chatting with Grace");
  await expect(customer.message).toHaveValue("Not yet sent");
  await agent.says("Agent says 2");
  await customer.says("Customer says 2");
  await show(customer.log, ["Agent says 1", "Customer says 1", "Agent says 2", "Customer says 2"]);
  await show(agent.log, ["Agent says 1", "Customer says 1", "Agent says 2", "Customer says 2"]);
});

test("what could not be sent when the page was left is sent when it is open again", async ({
  network,
  guard,
  talk,
}) => {
  guard.expect(/net::ERR_/);
  const { customer, agent } = await talk();
  await network.cut();
  await customer.says("Customer says 1");
  await customer.says("Customer says 2");
  await expect(customer.said("Customer says 2")).toContainText("Sending…");
  const address = customer.page.url();
  await customer.page.goto("about:blank");
  await network.restore();
  await customer.page.goto(address);
  await show(agent.log, ["Customer says 1", "Customer says 2"]);
  await show(customer.log, ["Customer says 1", "Customer says 2"]);
  await expect(customer.said("Customer says 2")).toContainText("Read");
});

test("two tabs show the same, once and in the same order, whoever says it in which of them", async ({
  organisation,
  opensChat,
  opensConsole,
}) => {
  const first = await opensChat(await organisation.escalate("Ada Lovelace"));
  const second = await first.opensSecondTab();
  const agent = await opensConsole();
  await agent.accepts("Ada Lovelace");
  const all = [];
  for (const [teller, text] of [
    [first, "Customer says 1"],
    [agent, "Agent says 1"],
    [second, "Customer says 2"],
    [first, "Customer says 3"],
    [agent, "Agent says 2"],
  ] as const) {
    await teller.says(text);
    all.push(text);
    await show(first.log, all);
    await show(second.log, all);
    await show(agent.log, all);
  }
});

test("five tabs do not drive each other away in a loop", async ({ organisation, opensChat, opensConsole }) => {
  const OBSERVED_MS = 10_000;
  const first = await opensChat(await organisation.escalate("Ada Lovelace"));
  const agent = await opensConsole();
  await agent.accepts("Ada Lovelace");
  const tabs = [first];
  for (let tab = 0; tab < 4; tab += 1) {
    tabs.push(await first.opensSecondTab());
  }
  for (const tab of tabs) {
    await tab.stands("You are chatting with Grace");
  }
  let connections = 0;
  first.page.context().on("request", (request) => {
    connections += Number(request.url().endsWith("/events"));
  });
  // What is observed is a rate: it takes its time.
  await first.page.waitForTimeout(OBSERVED_MS);
  expect(connections).toBeLessThan(OBSERVED_MS / 1_000);
  await agent.says("Agent says 1");
  for (const tab of tabs) {
    await expect(tab.log).toContainText("Agent says 1", { timeout: 40_000 });
  }
});
