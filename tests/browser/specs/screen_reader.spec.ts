import { expect, test } from "../harness/fixtures";

/** Collects what a screen reader would say: what is added inside of a live region. */
const LISTEN = () => {
  const heard: string[] = [];
  Object.assign(window, { heard });
  const listen = (root: Node) => {
    new MutationObserver((changes) => {
      for (const change of changes) {
        const element = change.target instanceof Element ? change.target : change.target.parentElement;
        const region = element?.closest("[aria-live], [role=status], [role=log], [role=alert]");
        if (region && region.getAttribute("aria-live") !== "off") {
          heard.push(
            ...[...change.addedNodes].map((node) =>
              node instanceof HTMLElement ? node.innerText : (node.textContent ?? ""),
            ),
          );
          heard.push(change.type === "characterData" ? (change.target.textContent ?? "") : "");
        }
      }
    }).observe(root, { childList: true, subtree: true, characterData: true });
  };
  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    listen(root);
    return root;
  };
};

test("what happens is announced, and what happened before is not announced again", async ({
  organisation,
  newPage,
  company,
  opensConsole,
}) => {
  const escalation = await organisation.escalate("Ada Lovelace");
  const page = await newPage();
  await page.addInitScript(LISTEN);
  const heard = async () => (await page.evaluate(() => (window as unknown as { heard: string[] }).heard)).join("\n");
  await page.goto(company.page(escalation));
  await expect.poll(heard).toContain("Waiting for an agent");

  const agent = await opensConsole();
  await agent.accepts("Ada Lovelace");
  await expect.poll(heard).toContain("You are chatting with Grace");
  await agent.says("Hello Ada.");
  await expect.poll(heard).toContain("Hello Ada.");
  expect((await heard()).split("Hello Ada.")).toHaveLength(2);

  await page.reload();
  await expect.poll(heard).toContain("You are chatting with Grace");
  await agent.says("Are you still there?");
  await expect.poll(heard).toContain("Are you still there?");
  expect(await heard()).not.toContain("Hello Ada.");

  await agent.does("End");
  await expect.poll(heard).toContain("Grace has ended the chat.");
});

test("a screen reader finds a named log, whose entries say who said what and what became of it", async ({ talk }) => {
  const { customer, agent } = await talk();
  await agent.says("Hello Ada.");
  await expect(customer.log).toContainText("Hello Ada.");
  await customer.says("Hello Grace.");
  await expect(customer.said("Hello Grace.")).toContainText("Read");
  await expect(customer.log).toMatchAriaSnapshot(`
    - log "Messages":
      - list:
        - listitem: today
        - listitem:
          - paragraph: Grace has joined.
        - listitem:
          - text: Grace
          - paragraph: Hello Ada.
          - time
        - listitem:
          - text: You
          - paragraph: Hello Grace.
          - time
          - text: /Read/
  `);
});
