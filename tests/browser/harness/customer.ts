import { readFile } from "node:fs/promises";
import { type Locator, type Page, expect } from "@playwright/test";

/** A file as it is sent or was received. */
export interface SentFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** The customer at the chat of a page. */
export class Customer {
  readonly chat: Locator;
  readonly log: Locator;
  readonly status: Locator;
  readonly message: Locator;

  constructor(readonly page: Page) {
    this.chat = page.getByRole("region", { name: "Chat with support" });
    this.log = this.chat.getByRole("log", { name: "Messages" });
    this.status = this.chat.getByRole("status");
    this.message = this.chat.getByRole("textbox", { name: "Message" });
  }

  /** One entry of the log: the one that holds this text. */
  said(text: string): Locator {
    return this.log.getByRole("article").filter({ hasText: text });
  }

  async says(text: string): Promise<void> {
    await this.message.fill(text);
    await this.chat.getByRole("button", { name: "Send", exact: true }).click();
  }

  async attaches(file: SentFile): Promise<void> {
    await this.chat.locator("input[type=file]").setInputFiles(file);
  }

  /** Ends the chat, and says yes. */
  async ends(): Promise<void> {
    await this.chat.getByRole("button", { name: "End chat" }).click();
    await this.page.getByRole("dialog", { name: "End the chat?" }).getByRole("button", { name: "End chat" }).click();
  }

  /** The bytes that the customer gets of a file. */
  async downloads(name: string): Promise<Buffer> {
    return downloaded(this.page, this.log.getByLabel(`Download ${name}`));
  }

  /** The place in the conversation: with whom, or what comes next. */
  async stands(text: string): Promise<void> {
    await expect(this.status.filter({ hasText: text })).toBeVisible();
  }
}

/** The bytes behind a button or a link that saves a file. */
export async function downloaded(page: Page, trigger: Locator): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await trigger.click();
  return readFile(await (await download).path());
}
