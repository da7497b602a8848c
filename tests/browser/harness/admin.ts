import { type Locator, type Page, expect } from "@playwright/test";
import type { Organisation } from "./organisation";
import { stack } from "./stack";

/** The admin at the settings page. Each click, each choice and each field that is filled in counts as an action. */
export class Admin {
  readonly main: Locator;
  readonly dialog: Locator;
  readonly saving: Locator;
  readonly answer: Locator;
  #actions = 0;

  /** One with a key of the organisation. */
  constructor(
    readonly page: Page,
    readonly organisation: Organisation,
    readonly keyId: string,
    readonly key: string,
  ) {
    this.main = page.getByRole("main");
    this.dialog = page.getByRole("dialog");
    this.saving = page.getByRole("region", { name: "Saving" });
    this.answer = this.card("Answer");
  }

  /** How many actions it has taken so far. */
  get actions(): number {
    return this.#actions;
  }

  /** A step of the set-up, by its title. */
  card(title: string): Locator {
    return this.page.getByRole("region", { name: title, exact: true });
  }

  /** How a step of the set-up stands. */
  state(title: string): Locator {
    return this.card(title).locator("header .badge");
  }

  field(label: string, where: Locator = this.main): Locator {
    return where.getByLabel(label, { exact: true });
  }

  button(name: string, where: Locator | Page = this.page): Locator {
    return where.getByRole("button", { name, exact: true });
  }

  async fills(label: string, text: string, where?: Locator): Promise<void> {
    this.#actions += 1;
    await this.field(label, where).fill(text);
  }

  /** Ticks a box, or picks one of several choices. */
  async ticks(label: string, where?: Locator): Promise<void> {
    this.#actions += 1;
    await this.field(label, where).check();
  }

  async chooses(label: string, option: string, where?: Locator): Promise<void> {
    this.#actions += 1;
    await this.field(label, where).selectOption(option);
  }

  async presses(name: string, where?: Locator): Promise<void> {
    this.#actions += 1;
    await this.button(name, where).click();
  }

  /** The type that decides by business hours, with messaging. */
  async choosesLiveChat(): Promise<void> {
    await this.ticks("Fullview Flow");
    await this.ticks("Offer live chat during business hours");
  }

  async signsIn(key: string = this.key): Promise<void> {
    await this.fills("Organisation id", this.organisation.id);
    await this.fills("Key", key);
    await this.presses("Sign in");
    await expect(this.page.getByRole("heading", { name: "Set-up", level: 1 })).toBeVisible();
  }

  /** Goes to another of the page's views. */
  async opens(view: "Set-up" | "What would happen?" | "Escalations" | "Audit"): Promise<void> {
    this.#actions += 1;
    await this.page.getByRole("link", { name: view, exact: true }).click();
    await expect(this.page.getByRole("heading", { name: view, level: 1 })).toBeFocused();
  }

  /** Fills in the Connected app card. */
  async connectsApp(secret: string = this.organisation.clientSecret): Promise<void> {
    await this.fills("Domain", this.organisation.domain);
    await this.fills("Client id", this.organisation.id);
    await this.fills("Client secret", secret);
  }

  /** Pastes what Salesforce shows as the install code snippet of a Custom Client deployment. */
  async pastesSnippet(): Promise<void> {
    const { organizationId, developerName } = this.organisation;
    const snippet = { OrganizationId: organizationId, DeveloperName: developerName, Url: stack().simulator };
    await this.fills("Install code snippet", JSON.stringify(snippet, null, 2));
    await expect(this.field("Developer name")).toHaveValue(developerName);
  }

  async saves(): Promise<void> {
    await this.presses("Save");
    await expect(this.saving.getByText("All changes are saved")).toBeVisible();
  }

  /** Runs the connection test until its results are there. */
  async testsConnection(): Promise<void> {
    this.#actions += 1;
    const card = this.card("Test connection");
    await card.getByRole("button", { name: /^Test (connection|again)$/ }).click();
    await expect(this.button("Test again", card)).toBeVisible();
  }

  /** What the connection test says of one check. */
  check(name: string): Locator {
    const heading = this.page.getByRole("heading", { name, exact: true });
    return this.card("Test connection").getByRole("listitem").filter({ has: heading });
  }

  /** Starts the callback test; what came of it appears on the Apex action card. */
  async testsCallback(): Promise<void> {
    await this.presses("Test the callback");
    await expect(this.button("Test the callback")).toHaveAttribute("aria-disabled", "false");
  }

  /** What the button that copies a value puts on the clipboard. */
  async copies(value: string, button: string | RegExp = `Copy: ${value}`): Promise<string> {
    this.#actions += 1;
    await this.page.getByRole("button", { name: button }).first().click();
    await expect(this.page.getByText(`${value} copied`, { exact: true })).toBeVisible();
    return this.page.evaluate(() => navigator.clipboard.readText());
  }
}
