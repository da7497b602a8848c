import { carriedOver, changedFields } from "./difference.js";
import { EMPTY_MESSAGING, bodyOf, draftOf, draftPointer, mistakesOf, tidied, withHours } from "./document.js";
import { cardOf, printsOf } from "./evidence.js";
import { valueAt, withValue } from "./pointers.js";
import { texts } from "./texts.js";

/** The part of the settings that each card edits. */
export const PARTS = {
  type: "/integrationType",
  messaging: "/messaging",
  connectedApp: "/salesforce",
  businessHours: "/businessHours",
  apexAction: "/apexActionConfigured",
  routingAttributes: "/routingAttributes",
  case: "/case",
  rescue: "/rescue",
};

/**
 * The settings as they are being edited, for all views: they outlive each of them.
 *
 * What is sent is taken first, with `take`, because the admin may go on editing until the answer is there: each answer comes back
 * with what was taken for it.
 *
 * Events: "change" after an edit, with its `pointer`; "reset" when all may be other than before; "state" when errors or
 * evidence came or went.
 */
export class Draft extends EventTarget {
  view;
  etag;
  base;
  value;
  /** A client secret that was written and not saved yet. */
  secret = "";
  /** What the API refused: `{pointer, detail}`. */
  errors = [];
  /** The prints of all that was taken, as of `printsOf`; a save may give them others. */
  #taken = [];
  /** What the last tests found, with the prints of what was tested: `{check, prints}`. */
  #evidence = [];
  /** Counts the stored client secrets that this page has known. */
  #storedSecret = 0;
  /** The messaging values of a live chat that was switched off. */
  #switchedOff = null;

  constructor({ view, etag }) {
    super();
    this.#load(view, etag);
    this.value = this.base;
  }

  get version() {
    return this.view.version;
  }

  get(pointer) {
    return valueAt(this.value, pointer);
  }

  set(pointer, value) {
    this.value = withHours(withValue(this.value, pointer, value));
    this.#edited(pointer);
  }

  setSecret(secret) {
    this.secret = secret;
    this.#edited("/salesforce/clientSecret");
  }

  /** Offers live chat, with the values that it had before, or no longer. */
  offerLiveChat(isOffered) {
    if (!isOffered) this.#switchedOff = this.value.messaging;
    this.set("/messaging", isOffered ? (this.#switchedOff ?? this.base.messaging ?? EMPTY_MESSAGING) : null);
  }

  /** Pointers of the fields that are not saved; a row of a list has its key for an index. */
  changes() {
    return [...changedFields(tidied(this.base), tidied(this.value)), ...(this.secret === "" ? [] : ["/salesforce/clientSecret"])];
  }

  /** Takes what came of a save, but keeps what was edited since the settings for it were taken. */
  saved({ view, etag }, taken) {
    const before = this.#prints(taken.value, taken.secret);
    this.#load(view, etag);
    this.value = withHours(carriedOver(taken.value, this.value, this.base));
    if (this.secret === taken.secret) this.secret = "";
    if (taken.secret !== "") this.#storedSecret += 1;
    this.#rename(before, this.#prints(this.base, ""));
    this.#reset();
  }

  /** Goes on from newer settings with what was chosen of both. */
  rebase({ view, etag }, value, secret) {
    this.#load(view, etag);
    this.#storedSecret += 1;
    this.#begin(value, secret);
  }

  discard() {
    this.#begin(this.base, "");
  }

  /**
   * Leaves out what was left empty, and takes the settings as they are now: `{body, value, secret, prints}` with the body to send. Null,
   * with errors, if there is a mistake.
   */
  take() {
    this.#tidy();
    const mistakes = mistakesOf(this.value, texts.case.twice);
    if (mistakes.length > 0) this.#reset(mistakes);
    return mistakes.length > 0 ? null : this.#take(this.value, this.secret);
  }

  /** Takes the settings as they are stored. */
  takeStored() {
    return this.#take(this.base, "");
  }

  /** Takes errors of the API. */
  refuse(errors) {
    this.errors = errors.map(({ pointer, detail }) => ({ pointer: draftPointer(pointer, this.value), detail }));
    this.#reset(this.errors);
  }

  forgetErrors(errors) {
    this.errors = this.errors.filter((error) => !errors.includes(error));
    this.#tell("state");
  }

  /** What the last tests found with settings as they are now. */
  get checks() {
    return this.results().flatMap(({ check, isCurrent }) => (isCurrent ? [check] : []));
  }

  /** What the last tests found, and of each whether what was tested is still as it was: `{check, isCurrent}`. */
  results() {
    const now = this.#prints(this.value, this.secret);
    return this.#evidence.map(({ check, prints }) => {
      const card = cardOf(check);
      return { check, isCurrent: prints[card] === now[card] };
    });
  }

  /** Takes what a test found with what was taken for it, in place of what a test of that kind found before. */
  showed(checks, { prints }, isOf = (check) => cardOf(check) !== "apexAction") {
    const found = checks.map((check) => ({ check, prints }));
    this.#evidence = [...this.#evidence.filter(({ check }) => !isOf(check)), ...found];
    this.#tell("state");
  }

  #load(view, etag) {
    [this.view, this.etag, this.base] = [view, etag, draftOf(view)];
  }

  #begin(value, secret) {
    [this.value, this.secret, this.#switchedOff] = [withHours(value), secret, null];
    this.#reset();
  }

  #take(value, secret) {
    const prints = this.#prints(value, secret);
    this.#taken.push(prints);
    return { body: bodyOf(value, secret), value, secret, prints };
  }

  #prints(value, secret) {
    return printsOf(tidied(value), secret === "" ? this.#storedSecret : secret);
  }

  /** The API writes some values in its own way: what was tested as they were sent is tested as they are stored. */
  #rename(before, after) {
    for (const prints of this.#taken) {
      for (const card of Object.keys(prints)) if (prints[card] === before[card]) prints[card] = after[card];
    }
  }

  /** Rows that go are gone from the page too, or the others would be called by wrong numbers. */
  #tidy() {
    const before = this.value;
    this.value = tidied(before);
    if (JSON.stringify(before) !== JSON.stringify(this.value)) this.#reset();
  }

  #reset(errors = []) {
    this.errors = errors;
    this.#tell("reset");
  }

  #edited(pointer) {
    this.dispatchEvent(Object.assign(new Event("change"), { pointer }));
  }

  #tell(event) {
    this.dispatchEvent(new Event(event));
  }
}
