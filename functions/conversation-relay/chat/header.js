/** A chat whose connection is gone for so many milliseconds says so. */
const QUIET_TIME = 2_000;

/** The head of the chat: where the customer stands, whether there is a connection, and the button that ends it. */
class Header {
  element;
  #texts;
  #dot = make("span", { class: "dot", "aria-hidden": "true" });
  #title = make("p", { class: "title", tabindex: "-1", dir: "auto" });
  #details = make("p", { class: "details" });
  #connection = make("p", { class: "connection" });
  #error = make("p", { class: "header-error", role: "alert" });
  #end;
  #quiet = null;

  /** `onEnd` is called by the button. */
  constructor({ texts, onEnd }) {
    this.#texts = texts;
    this.#end = make("button", { type: "button", class: "quiet end", onclick: onEnd }, texts.endChat);
    const status = make("div", { class: "standing", role: "status" }, this.#title, this.#details, this.#connection);
    this.element = make("header", {}, this.#dot, status, this.#end, this.#error);
  }

  /** Tells where the customer stands: `{title, details}`, and how that looks: "waiting", "active" or "over". */
  show({ title, details }, look) {
    setText(this.#title, title);
    this.complain("");
    const parts = this.#details.children;
    if (details.join("\n") !== [...parts].map((part) => part.textContent).join("\n")) {
      this.#details.replaceChildren(...details.map((detail) => make("span", {}, detail)));
    }
    this.#dot.dataset.look = look;
    this.#end.hidden = look === "over";
  }

  /** Tells soon that there is no connection, or at once that there is one. */
  connected(isConnected) {
    if (isConnected) {
      clearTimeout(this.#quiet);
      this.#quiet = null;
      setText(this.#connection, "");
    } else {
      this.#quiet ??= setTimeout(() => setText(this.#connection, this.#texts.reconnecting), QUIET_TIME);
    }
  }

  /** Tells that something failed, until the next is told. */
  complain(text) {
    setText(this.#error, text);
  }

  /** Moves the focus here: what had it is gone. */
  focus() {
    this.#title.focus();
  }

  /** Tells nothing more. */
  close() {
    this.connected(true);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

