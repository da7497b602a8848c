// Stands in for Fullview's settings API where a test needs answers that the real one does not give, or no more than one answer.
import { createServer } from "node:http";

export class SettingsApi {
  /** The Bearer key that it takes is `key`. */
  static async start() {
    const api = new SettingsApi();
    await new Promise((resolve) => api.server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  constructor() {
    this.requests = [];
    this.settings = {
      version: 3,
      integrationType: "omniChannelFlow",
      apiEndpoint: "https://api.fullview.example",
      routingAttributes: [{ attribute: "plan", value: "Plan" }],
    };
    this.tokens = [
      { id: "1", token: "old", validUntil: "2026-12-01T00:00:00Z" },
      { id: "2", token: "new-token", validUntil: null },
    ];
    this.server = createServer((request, response) => this.#answer(request, response));
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  #answer({ method, url, headers: { authorization } }, response) {
    this.requests.push(`${method} ${url}`);
    const isKnown = authorization === "Bearer key";
    const body = url.endsWith("/escalations-tokens") ? { tokens: this.tokens } : this.settings;
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isKnown ? body : { code: "unauthenticated" }));
  }

  stop() {
    this.server.close();
  }
}
