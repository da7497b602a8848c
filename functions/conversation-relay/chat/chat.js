/** What was comes in one piece: when no event has followed the last for so many milliseconds, it is over. */
const REPLAY_PAUSE = 250;
/** However much comes, it is over after so many. */
const LONGEST_REPLAY = 2_000;
/** Typing of which nothing more is heard is over. */
const TYPING_TIME = 10_000;

/** One conversation: from its events to what is shown, and from what the customer does to the API. */
class Chat {
  #host;
  #texts;
  #formats;
  #api;
  #memory;
  #stopped = new AbortController();
  #standing = new Standing();
  #replay = null;
  #replayBegun = null;
  #isReplayed = false;
  #typingEnd = null;

  /** `host` gets the DOM events; `root` is what the chat is shown in. */
  constructor({ host, root, escalationId, token, base, language }) {
    this.#host = host;
    this.#texts = textsOf(language);
    this.#formats = new Formats(language);
    this.#api = new Api(base, escalationId, token);
    this.#memory = new SessionMemory(escalationId);
    this.#makeParts();
    this.#makeSection(root, language);
    this.#listen();
  }

  /** Begins. */
  start() {
    this.#render();
    this.composer.fit();
    this.outbox.restore();
    this.connection.run();
  }

  /** Ends all that it does, and takes it off the page. */
  stop() {
    this.#stopped.abort();
    clearTimeout(this.#replay);
    clearTimeout(this.#typingEnd);
    for (const part of [this.connection, this.outbox]) part.stop();
    for (const part of [this.typing, this.reads, this.files, this.log, this.header, this.dialog]) part.close();
    this.section.remove();
  }

  #makeParts() {
    const { signal } = this.#stopped;
    const [api, texts, formats, memory] = [this.#api, this.#texts, this.#formats, this.#memory];
    const whileActive = (isTyping) => this.#standing.status === "active" && api.typing(isTyping, signal).catch(() => {});
    this.typing = new TypingSignal(whileActive);
    this.reads = new ReadSignal(memory, (id) => api.read(id, signal));
    this.outbox = new Outbox({ memory, send: (entry) => api.send(entry, signal), onChange: (entry) => this.history.showOwn(entry) });
    this.files = new Files({ texts, formats, load: (url) => api.file(url, signal) });
    this.log = new Log({ texts, formats, onSeen: (id) => this.reads.see(id) });
    this.history = new History({ texts, formats, memory, log: this.log, files: this.files, outbox: this.outbox, onSay: (text) => this.#say(text) });
    this.header = new Header({ texts, onEnd: () => this.dialog.open() });
    this.dialog = new EndDialog({ texts, onEnd: () => this.#end() });
    this.composer = new Composer({
      texts,
      formats,
      memory,
      onSay: (text) => this.#say(text),
      onFile: (file) => this.#attach(file),
      onTyping: (isTyping) => (isTyping ? this.typing.typed() : this.typing.stopped()),
    });
    this.connection = new Connection({
      open: (lastEventId, signal) => api.events(lastEventId, signal),
      onEvent: (event) => safely(() => this.#take(event)),
      onState: (state) => this.#connectionIs(state),
    });
  }

  #makeSection(root, language) {
    const { direction, chat, dropFile } = this.#texts;
    this.typist = make("p", { class: "typist", "aria-live": "polite" });
    this.section = make(
      "section",
      { class: "chat", "aria-label": chat, lang: language, dir: direction },
      this.header.element,
      this.log.element,
      this.typist,
      this.composer.element,
      make("div", { class: "drop", "aria-hidden": "true" }, make("span", {}, dropFile)),
      this.dialog.element,
    );
    root.append(this.section);
  }

  #listen() {
    const { signal } = this.#stopped;
    const wake = () => {
      this.connection.wake();
      this.outbox.wake();
    };
    addEventListener("online", wake, { signal });
    addEventListener("offline", () => this.connection.interrupt(), { signal });
    addEventListener("beforeunload", (event) => this.outbox.holdsFiles && event.preventDefault(), { signal });
    const shown = () => {
      if (document.visibilityState !== "visible") return;
      this.log.look();
      wake();
    };
    document.addEventListener("visibilitychange", shown, { signal });
    acceptDrops(this.section, (files) => this.#standing.takesMessages && this.composer.drop(files));
  }

  #connectionIs(state) {
    this.header.connected(state !== "disconnected");
    if (state === "connected") {
      this.outbox.wake();
      this.reads.wake();
    }
    if (state === "refused") this.#standing.end = { kind: "unavailable" };
    if (state === "over") this.#standing.end ??= { kind: "ended", by: null };
    if (this.#standing.end) this.#over();
  }

  /** Until the replay of what was is over, nothing of it is announced. */
  #replaying() {
    if (this.#isReplayed) return;
    this.#replayBegun ??= Date.now();
    const rest = this.#replayBegun + LONGEST_REPLAY - Date.now();
    clearTimeout(this.#replay);
    this.#replay = setTimeout(() => this.#replayed(), Math.min(rest, REPLAY_PAUSE));
  }

  #replayed() {
    this.#isReplayed = true;
    this.log.announce();
    this.#render();
    if (!this.#standing.end) this.#tellStatus();
  }

  #take({ event, data: text }) {
    const data = parse(text);
    if (data === null || this.#standing.end) return;
    this.#replaying();
    const before = JSON.stringify(this.#standing);
    this.#standing.apply(event, data);
    this.history.apply(event, data);
    if (event === "typing") this.#showTyping(data);
    if (event === "message" && data.from !== "customer") this.#showTyping({ typing: false });
    if (event === "case" || event === "ended") {
      this.#over();
      return this.#tell(event, data);
    }
    if (!this.#isReplayed || JSON.stringify(this.#standing) === before) return;
    this.#render();
    this.#tellStatus();
  }

  #showTyping({ typing, name }) {
    clearTimeout(this.#typingEnd);
    if (typing) this.#typingEnd = setTimeout(() => this.#showTyping({ typing: false }), TYPING_TIME);
    const text = name ? this.#texts.typing(name) : this.#texts.somebodyTyping;
    this.typist.replaceChildren(...(typing ? [make("span", {}, text), make("span", { class: "dots", "aria-hidden": "true" })] : []));
  }

  #render() {
    const { end, agents, takesMessages } = this.#standing;
    const focused = this.section.getRootNode().activeElement;
    const look = end ? "over" : agents.length > 0 ? "active" : "waiting";
    this.header.show(this.#standing.describe(this.#texts, this.#formats), look);
    this.composer.element.hidden = !takesMessages;
    const isFocusLost = focused?.getClientRects().length === 0;
    if (isFocusLost) this.header.focus();
  }

  /** Nothing more will come. */
  #over() {
    const { kind } = this.#standing.end;
    this.connection.stop();
    this.outbox.close();
    this.typing.close();
    this.reads.close();
    this.dialog.close();
    this.#showTyping({ typing: false });
    this.#memory.forget("draft", "read");
    const { title, details } = this.#standing.describe(this.#texts, this.#formats);
    this.history.note([title, ...details], kind);
    this.#render();
  }

  #say(text) {
    this.outbox.say(text);
    this.connection.wake();
  }

  async #attach(file) {
    const refusal = fileRefusal(file);
    if (refusal) return this.outbox.attach(file, refusal);
    try {
      // A copy: the file may change or vanish before it is sent.
      this.outbox.attach(new File([await file.arrayBuffer()], file.name, { type: file.type }));
    } catch {
      this.outbox.attach(file, "fileUnreadable");
    }
  }

  async #end() {
    try {
      await this.#api.end(this.#stopped.signal);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.header.complain(error instanceof Refusal && error.isEnd ? "" : this.#texts.notEnded);
    }
    this.connection.wake();
  }

  #tellStatus() {
    const { status, queue, agents } = this.#standing;
    const position = queue?.position ?? null;
    const estimatedWaitSeconds = queue?.estimatedWaitSeconds ?? null;
    this.#tell("status", { status, position, estimatedWaitSeconds, agents });
  }

  #tell(name, detail) {
    this.#host.dispatchEvent(new CustomEvent(`fullview-chat-${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** What can't be shown must not break the connection: it would only come again. */
function safely(show) {
  try {
    show();
  } catch (error) {
    reportError(error);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

