/** UTF-16 units of a message. */
const MAX_MESSAGE_UNITS = 4_000;

/** Where the customer writes, and attaches files. */
class Composer {
  element;
  #texts;
  #formats;
  #memory;
  #input;
  #error;
  #onSay;
  #onFile;
  #onTyping;

  /** `onSay(text)`, `onFile(file)`, `onTyping(isTyping)`. */
  constructor({ texts, formats, memory, onSay, onFile, onTyping }) {
    this.#texts = texts;
    this.#formats = formats;
    this.#memory = memory;
    this.#onSay = onSay;
    this.#onFile = onFile;
    this.#onTyping = onTyping;
    this.#error = make("p", { class: "composer-error", id: "composer-error", role: "alert" });
    this.#input = this.#makeInput();
    this.element = this.#makeForm();
    this.#input.value = memory.read("draft", "");
  }

  /** Makes room for the text, once it is on the page. */
  fit() {
    this.#input.style.blockSize = "auto";
    this.#input.style.blockSize = `${this.#input.scrollHeight}px`;
  }

  /** Lets the customer write. */
  focus() {
    this.#input.focus();
  }

  /** Sends files that were dropped. */
  drop(files) {
    for (const file of files) this.#onFile(file);
  }

  #makeInput() {
    return make("textarea", {
      rows: "1",
      dir: "auto",
      enterkeyhint: "send",
      autocomplete: "off",
      "aria-label": this.#texts.message,
      "aria-describedby": "composer-error",
      placeholder: this.#texts.message,
      oninput: () => this.#changed(),
      onkeydown: (event) => this.#pressed(event),
      onpaste: (event) => this.#pasted(event),
    });
  }

  #makeForm() {
    const { attach, send } = this.#texts;
    const chosen = () => {
      this.drop([...picker.files]);
      picker.value = "";
    };
    const picker = make("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-label": attach, onchange: chosen });
    const open = () => picker.click();
    const attachButton = make("button", { type: "button", class: "round", "aria-label": attach, title: attach, onclick: open }, icon("attach"));
    const sendButton = make("button", { type: "submit", class: "round send", "aria-label": send, title: send }, icon("send"));
    const submit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    const row = make("div", { class: "row" }, picker, attachButton, this.#input, sendButton);
    return make("form", { class: "composer", onsubmit: submit }, this.#error, row);
  }

  #changed() {
    const { value } = this.#input;
    this.#memory.write("draft", value);
    this.#checkLength(value);
    this.fit();
    this.#onTyping(value.trim() !== "");
  }

  #checkLength({ length }) {
    const isTooLong = length > MAX_MESSAGE_UNITS;
    const [count, limit] = [length, MAX_MESSAGE_UNITS].map((number) => this.#formats.number(number));
    this.#error.textContent = isTooLong ? this.#texts.tooLong(count, limit) : "";
    this.#input.setAttribute("aria-invalid", String(isTooLong));
    return !isTooLong;
  }

  /** Enter sends, unless it ends the word that an input method is composing. */
  #pressed(event) {
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #pasted(event) {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    this.drop(files);
  }

  #submit() {
    const text = this.#input.value.trim();
    this.#input.focus();
    if (text === "" || !this.#checkLength(this.#input.value.trim())) return;
    this.#input.value = "";
    this.#memory.forget("draft");
    this.#checkLength("");
    this.fit();
    this.#onTyping(false);
    this.#onSay(text);
  }
}

