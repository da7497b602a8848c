import { readFile } from "node:fs/promises";
import { type Locator, type Page, expect } from "@playwright/test";
import { tabTo } from "./keyboard";
import { keep } from "./secrecy";
import { type Language, TEXTS, type Texts } from "./texts";

/** A file that is sent. */
export interface SentFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** The customer at the chat of a page. */
export class Customer {
  readonly texts: Texts;
  readonly chat: Locator;
  readonly log: Locator;
  readonly message: Locator;
  readonly endChat: Locator;
  readonly dialog: Locator;

  constructor(
    readonly page: Page,
    readonly language: Language = "en",
  ) {
    this.texts = TEXTS[language];
    this.chat = page.getByRole("region", { name: this.texts.chat });
    this.log = this.chat.getByRole("log", { name: this.texts.messages });
    this.message = this.chat.getByRole("textbox", { name: this.texts.message });
    this.endChat = this.chat.getByRole("button", { name: this.texts.endChat });
    this.dialog = page.getByRole("dialog", { name: this.texts.endTheChat });
  }

  /** Is told this about the conversation: with whom it is, or what comes next. */
  async stands(text: string | RegExp, within: { timeout?: number } = {}): Promise<void> {
    await expect(this.status(text)).toBeVisible(within);
  }

  /** What tells the customer this, and a screen reader when it comes. */
  status(text: string | RegExp): Locator {
    return this.chat.getByRole("status").getByText(text);
  }

  /** The entries of the log that hold this text. */
  said(text: string): Locator {
    return this.log.getByRole("listitem").filter({ hasText: text });
  }

  async says(text: string): Promise<void> {
    keep(text);
    await this.message.fill(text);
    await this.send();
  }

  /** Sends what is written. */
  async send(): Promise<void> {
    await this.chat.getByRole("button", { name: this.texts.send, exact: true }).click();
  }

  async attaches(file: SentFile): Promise<void> {
    await this.chat.locator("input[type=file]").setInputFiles(file);
  }

  /** The bytes that the customer gets of a file. */
  async downloads(name: string): Promise<Buffer> {
    return downloaded(this.page, this.log.getByLabel(`Download ${name}`));
  }

  /** Ends the chat, and says yes. */
  async ends(): Promise<void> {
    await this.endChat.click();
    await this.dialog.getByRole("button", { name: this.texts.endChat }).click();
  }

  /** Goes from where the focus is to this element, as the Tab key does. */
  async tabsTo(element: Locator): Promise<void> {
    await tabTo(this.page, element);
  }

  /** The same chat in another tab of the same browser. */
  async opensSecondTab(): Promise<Customer> {
    const page = await this.page.context().newPage();
    await page.goto(this.page.url());
    return new Customer(page, this.language);
  }
}

/** The bytes behind a button or a link that saves a file. */
export async function downloaded(page: Page, trigger: Locator): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await trigger.click();
  return readFile(await (await download).path());
}
