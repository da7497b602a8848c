import { type FrameLocator, type Locator, type Page, expect } from "@playwright/test";
import { type SentFile, downloaded } from "./customer";
import { keep } from "./secrecy";

/** The agent at the console. */
export class Agent {
  readonly conversations: Locator;
  readonly conversation: Locator;
  readonly log: Locator;
  readonly message: Locator;

  constructor(
    readonly page: Page,
    console: Page | FrameLocator = page,
  ) {
    this.conversations = console.getByRole("list", { name: "Conversations" });
    this.conversation = console.getByRole("region", { name: "Conversation" });
    this.log = this.conversation.getByRole("log", { name: "Messages" });
    this.message = this.conversation.getByRole("textbox", { name: "Message" });
  }

  /** The messages that hold this text, with what became of them. */
  said(text: string): Locator {
    return this.log.locator(".said", { hasText: text });
  }

  /** Opens the conversation of this customer. */
  async selects(customer: string): Promise<void> {
    await this.conversations.getByRole("button", { name: customer }).click();
    await expect(this.conversation).toBeVisible();
  }

  async accepts(customer: string): Promise<void> {
    await this.selects(customer);
    await this.does("Accept");
    await expect(this.message).toBeEnabled();
  }

  /** Lets the customer know the place in the queue and the minutes to wait. */
  async tellsQueue(position: number, minutes: number): Promise<void> {
    await this.conversation.getByRole("spinbutton", { name: "Queue position" }).fill(`${position}`);
    const wait = this.conversation.getByRole("spinbutton", { name: "Estimated wait" });
    await wait.fill(`${minutes}`);
    await wait.press("Enter");
  }

  /** Presses a button of the conversation. */
  async does(action: string): Promise<void> {
    await this.conversation.getByRole("button", { name: action, exact: true }).click();
  }

  async says(text: string): Promise<void> {
    keep(text);
    await this.message.fill(text);
    await this.does("Send");
  }

  async attaches(file: SentFile): Promise<void> {
    await this.conversation.locator("input[type=file]").setInputFiles(file);
  }

  /** Hands the conversation over, to this agent or, without a name, back to the queue. */
  async transfers(to = ""): Promise<void> {
    await this.conversation.getByRole("textbox", { name: "Transfer to" }).fill(to);
    await this.does("Transfer");
  }

  /** The bytes that the agent gets of a file. */
  async downloads(name: string): Promise<Buffer> {
    return downloaded(this.page, this.log.getByRole("link", { name, exact: true }));
  }
}
