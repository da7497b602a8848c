/** What one person says within so many milliseconds stands close together. */
const GROUP_TIME = 300_000;
/** What becomes of a message, one after the other, by the names of their texts. */
const RECEIPTS = ["sending", "sent", "delivered", "read", "undelivered"];

/** One entry of the log: what somebody said or sent, or what happened. */
class Item {
  /** The list's element. */
  element;
  /** "own", "agent", "bot", "system" or "notice". */
  kind;
  at;
  #group;
  #texts;
  #state = null;
  #receipt;
  #problem = null;

  constructor({ kind, at, author, texts, formats }, ...content) {
    this.kind = kind;
    this.at = at;
    this.#group = author && `${kind} ${author} ${Math.floor(at / GROUP_TIME)}`;
    this.#texts = texts;
    this.#receipt = make("span", { class: "receipt" });
    const time = at && make("time", { datetime: at.toISOString() }, formats.time(at));
    const isSaid = kind !== "notice";
    const name = author && make("span", { class: kind === "own" ? "author hidden" : "author", dir: "auto" }, author);
    const meta = isSaid && at ? make("div", { class: "meta" }, time, kind === "own" ? this.#receipt : null) : null;
    this.element = make("li", { class: `item ${kind}` }, name, ...content, meta);
  }

  /** Tells what became of one of the customer's; a step back is not taken. */
  setReceipt(state) {
    if (RECEIPTS.indexOf(state) <= RECEIPTS.indexOf(this.#state)) return;
    this.#state = state;
    this.#clearProblem();
    this.#receipt.textContent = this.#texts[state];
    this.element.dataset.state = state;
  }

  /** Tells why one of the customer's was not sent, and what can be done. */
  fail(reason, onRetry, onRemove) {
    this.#clearProblem();
    this.#state = null;
    this.#receipt.textContent = "";
    this.element.dataset.state = "failed";
    const { notSent, tryAgain, remove } = this.#texts;
    const actions = [
      onRetry && make("button", { type: "button", class: "quiet", onclick: onRetry }, tryAgain),
      onRemove && make("button", { type: "button", class: "quiet", onclick: onRemove }, remove),
    ];
    const explanation = make("span", { class: "reason" }, `${notSent} ${reason}`);
    this.#problem = make("div", { class: "problem" }, explanation, ...actions);
    this.element.append(this.#problem);
  }

  /** Whether it goes on where the item before it stopped. */
  follow(before) {
    const isGroup = Boolean(this.#group) && before?.#group === this.#group;
    this.element.classList.toggle("follows", isGroup);
    before?.element.classList.toggle("followed", isGroup);
  }

  #clearProblem() {
    this.#problem?.remove();
    this.#problem = null;
  }
}

/** What somebody said: its text, links and choices. `onChoice(label)` is told which one was chosen. */
function messageContent({ text, links = [], choices = [] }, onChoice) {
  const anchors = links.map(linkContent);
  const bubble = text || anchors.length > 0 ? make("div", { class: "bubble" }, text ? linkedText(text) : null, ...anchors) : null;
  return [bubble, choices.length > 0 ? choiceContent(choices, onChoice) : null];
}

function linkContent({ title, url }) {
  const address = safeAddress(url);
  const name = title || url;
  return make("p", { class: "link" }, address === null ? name : anchor(address, name));
}

function choiceContent(choices, onChoice) {
  const group = make("div", { class: "choices" });
  const choose = (label) => {
    for (const button of group.children) button.disabled = true;
    onChoice(label);
  };
  group.append(
    ...choices.map(({ label }) => make("button", { type: "button", class: "choice", dir: "auto", onclick: () => choose(label) }, label)),
  );
  return group;
}

