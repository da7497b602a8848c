import type { BrowserContext, Page } from "@playwright/test";

/**
 * Takes note of what must not happen on any page: errors in the console (what the Content-Security-Policy stops is one), exceptions
 * that nobody catches, and requests that leave this machine.
 */
export class Guard {
  readonly #seen: string[] = [];
  // A receipt or a sign of typing may come when the other side has just ended the chat.
  readonly #expected = [/status of 409 .*\/(read|typing)\)$/];

  watch(context: BrowserContext): void {
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.#seen.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on("weberror", (error) => this.#seen.push(`exception: ${error.error().stack ?? error.error()}`));
    context.on("request", (request) => {
      if (!isHere(request.url())) {
        this.#seen.push(`request: ${request.url()}`);
      }
    });
  }

  /** From now on a page may ask nobody but this origin, and no address may hold the secret. */
  confine(page: Page, origin: string, secret: string): void {
    page.on("request", (request) => {
      const { protocol, origin: asked } = new URL(request.url());
      if ((protocol !== "data:" && asked !== origin) || request.url().includes(secret)) {
        this.#seen.push(`request that leaves or tells: ${request.url()}`);
      }
    });
  }

  /** What a test causes on purpose. */
  expect(message: RegExp): void {
    this.#expected.push(message);
  }

  /** What was seen and not expected. */
  get violations(): string[] {
    return this.#seen.filter((message) => !this.#expected.some((expected) => expected.test(message)));
  }
}

function isHere(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return ["blob:", "data:"].includes(protocol) || hostname === "127.0.0.1";
}
