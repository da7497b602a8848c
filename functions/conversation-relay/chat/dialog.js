/** Asks whether the chat shall end; `onEnd` is called if so. Escape and "Keep chatting" close it. */
class EndDialog {
  element;

  constructor({ texts, onEnd }) {
    const end = () => {
      this.element.close();
      onEnd();
    };
    const keep = make("button", { type: "button", class: "quiet", autofocus: true, onclick: () => this.element.close() }, texts.keepChatting);
    this.element = make(
      "dialog",
      { "aria-labelledby": "end-title", "aria-describedby": "end-about" },
      make("h2", { id: "end-title" }, texts.endTheChat),
      make("p", { id: "end-about" }, texts.aboutEnd),
      make("div", { class: "row actions" }, keep, make("button", { type: "button", class: "filled", onclick: end }, texts.endChat)),
    );
  }

  /** Asks. */
  open() {
    this.element.showModal();
  }

  /** Asks no more. */
  close() {
    if (this.element.open) this.element.close();
  }
}

