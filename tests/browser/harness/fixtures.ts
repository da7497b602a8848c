import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";
import { Admin } from "./admin";
import { Agent } from "./agent";
import { Company, type Look } from "./company";
import { Customer } from "./customer";
import { Guard } from "./guard";
import { Network } from "./network";
import { type Escalation, Organisation } from "./organisation";
import { stack } from "./stack";

/** How a person's browser is. */
export interface Person extends Look {
  colorScheme?: "light" | "dark";
  width?: number;
}

interface Fixtures {
  guard: Guard;
  /** The company of this test before it has settings. */
  emptyOrganisation: Organisation;
  /** The company of this test, set up. */
  organisation: Organisation;
  /** The customer's way to the API. */
  network: Network;
  company: Company;
  /** A page of a new browser profile. */
  newPage: (person?: Person) => Promise<Page>;
  /** Lets a customer open the chat of an escalation, in a browser of their own. */
  opensChat: (escalation: Escalation, person?: Person) => Promise<Customer>;
  /** Opens the console of this test's org. */
  opensConsole: (person?: Person) => Promise<Agent>;
  /** Opens the settings page, on which an admin with a new key of this organisation is to sign in. */
  opensSettings: (organisation: Organisation, person?: Person) => Promise<Admin>;
  /** Two admins of one organisation, signed in; the second to save is refused. */
  twoAdmins: () => Promise<[Admin, Admin]>;
  /** Ada asks for a human in the chat, and Grace accepts in the console. */
  talk: () => Promise<{ escalation: Escalation; customer: Customer; agent: Agent }>;
}

export const test = base.extend<Fixtures>({
  guard: [
    async ({}, use) => {
      const guard = new Guard();
      await use(guard);
      expect(guard.violations).toEqual([]);
    },
    { auto: true },
  ],
  emptyOrganisation: async ({}, use) => use(await Organisation.make()),
  organisation: async ({ emptyOrganisation }, use) => use(await emptyOrganisation.setUp()),
  network: async ({}, use) => {
    const network = await Network.to(stack().api);
    await use(network);
    await network.cut();
  },
  company: async ({ network }, use) => {
    const company = await Company.open(network.url);
    await use(company);
    await company.close();
  },
  // After the network in the order of things, so that it is there as long as the pages are.
  newPage: async ({ browser, guard, network: _ }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async ({ colorScheme = "light", width = 1280 } = {}) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 800 },
        permissions: ["clipboard-read", "clipboard-write"],
      });
      contexts.push(context);
      guard.watch(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  opensChat: async ({ newPage, company }, use) => {
    await use(async (escalation, person = {}) => {
      const page = await newPage(person);
      await page.goto(company.page(escalation, person));
      return new Customer(page, person.lang);
    });
  },
  opensConsole: async ({ newPage, emptyOrganisation }, use) => {
    await use(async (person) => {
      const page = await newPage(person);
      await page.goto(`${stack().simulator}/console/?org=${emptyOrganisation.id}`);
      return new Agent(page);
    });
  },
  opensSettings: async ({ newPage, guard }, use) => {
    await use(async (organisation, person) => {
      const { keyId, key } = await organisation.makeKey();
      const page = await newPage(person);
      guard.confine(page, stack().api, key);
      // The page asks for the last test, and there may be none.
      guard.expect(/status of 404 .*\/settings\/callback-test\)$/);
      await page.goto(`${stack().api}/settings/`);
      return new Admin(page, organisation, keyId, key);
    });
  },
  twoAdmins: async ({ organisation, opensSettings, guard }, use) => {
    await use(async () => {
      guard.expect(/status of 412 .*\/settings\)$/);
      const [ada, grace] = [await opensSettings(organisation), await opensSettings(organisation)];
      await ada.signsIn();
      await grace.signsIn();
      return [ada, grace];
    });
  },
  talk: async ({ organisation, opensChat, opensConsole }, use) => {
    await use(async () => {
      const escalation = await organisation.escalate("Ada Lovelace");
      const [customer, agent] = [await opensChat(escalation), await opensConsole()];
      await agent.accepts("Ada Lovelace");
      await customer.stands("You are chatting with Grace");
      return { escalation, customer, agent };
    });
  },
});

export { expect };
