/** The texts of the reasons for which something was not sent, by their code. */
const REASONS = {
  messageIdReused: "refusedAsRepeated",
  conversationEnded: "refusedAfterEnd",
  fileTypeNotAllowed: "fileRefused",
  fileEmpty: "fileEmpty",
  fileUnreadable: "fileUnreadable",
  fileLost: "fileLost",
};
/** Trying again does not help. */
const HOPELESS = ["conversationEnded", "bodyTooLarge", "fileTypeNotAllowed", "fileLost", "fileUnreadable", "fileEmpty"];

/** Writes into the log: what events tell, and what is in the outbox. */
class History {
  #texts;
  #formats;
  #log;
  #files;
  #outbox;
  #onSay;
  #memory;
  /** What became of the customer's messages, which no event tells again after a reload. */
  #receipts;
  #said = new Set();

  /** `onSay(label)` is told which choice the customer took. */
  constructor({ texts, formats, memory, log, files, outbox, onSay }) {
    this.#texts = texts;
    this.#formats = formats;
    this.#memory = memory;
    this.#receipts = new Map(memory.read("receipts", []));
    this.#log = log;
    this.#files = files;
    this.#outbox = outbox;
    this.#onSay = onSay;
  }

  /** Takes in an event. */
  apply(event, data) {
    if (event === "agent") this.#agent(data);
    if (event === "message" || event === "file") this.#say(event, data);
    if (event === "receipt") this.#receipt(data);
  }

  /** Lines about what happened; the first says what, the others what it means. */
  note(lines, kind = "change", at = null) {
    const [first, ...rest] = lines.map((line, index) => make("p", { class: index === 0 ? "what" : "then", dir: "auto" }, line));
    const item = new Item({ ...this.#about("notice", null), at }, first, ...rest);
    item.element.dataset.notice = kind;
    this.#log.append(null, item);
  }

  /** Shows what is in the outbox, as it is now. */
  showOwn(entry) {
    const { id, state, code } = entry;
    if (this.#said.has(id)) return;
    let item = this.#log.item(id);
    if (!item) {
      item = this.#own(entry);
      this.#log.appendPending(id, item);
    }
    if (state !== "failed") return item.setReceipt(state);
    const remove = () => {
      this.#outbox.remove(id);
      this.#log.remove(id);
    };
    item.fail(this.#reason(code), HOPELESS.includes(code) ? null : () => this.#retry(id, code), remove);
  }

  #retry(id, code) {
    if (code === "messageIdReused") this.#log.remove(id);
    this.#outbox.retry(id);
  }

  #reason(code) {
    if (code === "bodyTooLarge") return this.#texts.fileTooLarge(this.#formats.size(MAX_FILE_BYTES));
    return this.#texts[REASONS[code] ?? "refused"];
  }

  #agent({ change, name, at }) {
    const { joined, left, somebodyJoined, somebodyLeft } = this.#texts;
    const [named, nameless] = change === "joined" ? [joined, somebodyJoined] : [left, somebodyLeft];
    this.note([name ? named(name) : nameless], "change", new Date(at));
  }

  #say(event, data) {
    if (this.#said.has(data.id)) return;
    this.#said.add(data.id);
    if (data.from === "customer") return this.#sayOwn(event, data);
    const author = data.author ?? this.#texts[data.from] ?? this.#texts.agent;
    const item = this.#item(data.from, author, new Date(data.sentAt), this.#content(event, data));
    this.#log.append(data.id, item, { isWatched: data.from !== "system" });
  }

  #sayOwn(event, data) {
    this.#closeChoices();
    this.#outbox.remove(data.id);
    const at = new Date(data.sentAt);
    const pending = this.#log.item(data.id);
    if (pending) this.#log.settle(pending, at);
    else this.#log.append(data.id, this.#item("own", this.#texts.you, at, this.#content(event, data)));
    this.#log.item(data.id).setReceipt(this.#receipts.get(data.id) ?? "sent");
  }

  #own({ text, file, blob, at }) {
    const content = file ? [this.#files.content({ ...file, blob, url: null })] : messageContent({ text });
    return this.#item("own", this.#texts.you, new Date(at), content);
  }

  #content(event, data) {
    if (event === "message") return messageContent(data, (label) => this.#onSay(label));
    const { name, contentType, size, url } = data;
    return [this.#files.content({ name, type: contentType, size, url })];
  }

  #receipt({ messageId, state }) {
    const receipt = state === "forwarded" ? "sent" : state;
    this.#receipts.set(messageId, receipt);
    this.#memory.write("receipts", [...this.#receipts]);
    this.#log.item(messageId)?.setReceipt(receipt);
  }

  /** What was asked is answered. */
  #closeChoices() {
    for (const choice of this.#log.element.querySelectorAll(".choice")) choice.disabled = true;
  }

  #item(from, author, at, content) {
    const kind = ["own", "bot", "system"].includes(from) ? from : "agent";
    return new Item({ ...this.#about(kind, author), at }, ...content);
  }

  #about(kind, author) {
    return { kind, author, texts: this.#texts, formats: this.#formats };
  }
}

