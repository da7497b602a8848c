/** Where this script came from: the API is beside it. */
const API_BASE = new URL(".", document.currentScript?.src ?? location.href).href;

/**
 * `<fullview-chat escalation="…" token="…">`: the conversation of an escalation, for its customer.
 *
 * Attributes: `escalation` and `token` are the `escalationId` and `conversationToken` of the answer to the escalation; `api`
 * is the API's base URL if the script is served from elsewhere; `lang` the language (en, de or ar), else that of the page,
 * else the browser's. All may change at any time.
 *
 * Events: `fullview-chat-status` with `detail` `{status, position, estimatedWaitSeconds, agents}`, `fullview-chat-case` with
 * `{caseId, caseNumber, by}`, and `fullview-chat-ended` with `{by}`; after a reload they tell again how it stands.
 */
class FullviewChat extends HTMLElement {
  static observedAttributes = ["escalation", "token", "api", "lang"];

  #root = this.attachShadow({ mode: "open" });
  #chat = null;
  #isDue = false;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES + LOG_STYLES);
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.#restartSoon();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback(_, before, after) {
    if (before !== after) this.#restartSoon();
  }

  /** Once for all attributes that are changed together. */
  #restartSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#stop();
      if (this.isConnected) this.#start();
    });
  }

  #start() {
    const [escalationId, token] = [this.getAttribute("escalation"), this.getAttribute("token")];
    if (!escalationId || !token) return;
    const base = this.getAttribute("api") ?? API_BASE;
    const language = chooseLanguage([this.closest("[lang]")?.lang, ...navigator.languages]);
    this.#chat = new Chat({ host: this, root: this.#root, escalationId, token, base, language });
    this.#chat.start();
  }

  #stop() {
    this.#chat?.stop();
    this.#chat = null;
  }
}

if (!customElements.get("fullview-chat")) customElements.define("fullview-chat", FullviewChat);
