/** Where the customer stands: what the events so far add up to. Its JSON differs whenever something else is to be told. */
class Standing {
  /** The escalation's status, null before the first event. */
  status = null;
  /** `{position, estimatedWaitSeconds}` while the customer waits. */
  queue = null;
  /** `{kind: "case", number, …}` or `{kind: "ended", by}`; `{kind: "unavailable"}` if the chat can't be reached for ever. */
  end = null;
  /** Who came and has not left, by name; a status that is told later may be older than they are. */
  present = [];
  #lastAgent = null;

  /** Takes in an event. */
  apply(event, data) {
    if (event === "status") this.#applyStatus(data.status);
    if (event === "queue") this.queue = data;
    if (event === "agent") this.#applyAgent(data);
    if (event === "case") this.end = { kind: "case", number: data.caseNumber };
    if (event === "ended") this.end = { kind: "ended", by: data.by };
  }

  /** Whether the customer may write. */
  get takesMessages() {
    const open = [null, "received", "startingMessaging", "waiting", "active"];
    return this.end === null && open.includes(this.status);
  }

  /** Names of the agents in the chat, null for one without a name. */
  get agents() {
    return this.status === "active" ? this.present : [];
  }

  /** In words: a title and more. */
  describe(texts, formats) {
    if (this.end) return { title: endTitle(this.end, this.#lastAgent, texts), details: endDetails(this.end, texts) };
    if (["creatingCase", "stuck", "caseCreated"].includes(this.status)) return { title: texts.makingCase, details: [] };
    if (this.status === "ended") return { title: texts.ended, details: [] };
    if (this.agents.length > 0) return { title: this.#chatting(texts, formats), details: [] };
    if (this.status === "waiting" || this.status === "active") {
      return { title: texts.waiting, details: queueDetails(this.queue, texts, formats) };
    }
    return { title: texts.connecting, details: [] };
  }

  #applyStatus(status) {
    if (status !== "waiting") this.queue = null;
    this.status = status;
  }

  #applyAgent({ change, name }) {
    this.#lastAgent = name ?? this.#lastAgent;
    if (change === "joined") {
      if (!this.present.includes(name)) this.present = [...this.present, name];
      return;
    }
    const place = this.present.indexOf(name);
    this.present = this.present.filter((_, index) => index !== place);
  }

  #chatting(texts, formats) {
    const names = this.agents.filter((name) => name !== null);
    return names.length > 0 ? texts.chattingWith(formats.list(names)) : texts.chatting;
  }
}

function queueDetails(queue, texts, formats) {
  const details = [];
  if (queue?.position > 0) details.push(texts.position(formats.number(queue.position)));
  const wait = queue?.estimatedWaitSeconds ?? null;
  if (wait !== null) details.push(wait < 30 ? texts.shortWait : texts.wait(formats.duration(wait)));
  return details;
}

function endTitle({ kind, number, by }, lastAgent, texts) {
  if (kind === "unavailable") return texts.unavailable;
  if (kind === "case") return number ? texts.caseMade(number) : texts.caseMadeWithoutNumber;
  if (by === "agent") return lastAgent ? texts.endedBy(lastAgent) : texts.endedByAgent;
  if (by === "customer") return texts.endedByCustomer;
  return by === "inactivity" ? texts.endedByInactivity : texts.ended;
}

function endDetails({ kind }, texts) {
  if (kind === "unavailable") return [];
  return [kind === "case" ? texts.afterCase : texts.afterEnd];
}

