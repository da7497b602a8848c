import { changedFields } from "./difference.js";
import { bodyOf, draftOf, draftPointer, mistakesOf, tidied } from "./document.js";
import { cardOf } from "./evidence.js";
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

/** Cards whose evidence means nothing any more once another card was changed. */
const SHAKEN = { messaging: ["messaging", "routingAttributes", "apexAction"], apexAction: [] };

/**
 * The settings as they are being edited, for all views: they outlive each of them.
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
  /** What the last test showed, without what is not true any more because of an edit. */
  checks = [];

  constructor({ view, etag }) {
    super();
    this.#take(view, etag);
    this.value = this.base;
  }

  get version() {
    return this.view.version;
  }

  get(pointer) {
    return valueAt(this.value, pointer);
  }

  set(pointer, value) {
    this.value = withValue(this.value, pointer, value);
    this.#edited(pointer);
  }

  setSecret(secret) {
    this.secret = secret;
    this.#edited("/salesforce/clientSecret");
  }

  /** Pointers of the fields that are not saved; a row of a list has its key for an index. */
  changes() {
    return [...changedFields(tidied(this.base), tidied(this.value)), ...(this.secret === "" ? [] : ["/salesforce/clientSecret"])];
  }

  /** Takes what was saved. */
  saved({ view, etag }) {
    this.#take(view, etag);
    this.value = this.base;
    this.secret = "";
    this.#reset();
  }

  /** Goes on from newer settings with what was chosen of both. */
  rebase({ view, etag }, value) {
    this.#take(view, etag);
    this.value = value;
    this.checks = [];
    this.#reset();
  }

  discard() {
    this.value = this.base;
    this.secret = "";
    this.checks = [];
    this.#reset();
  }

  /** Leaves out what was left empty, and answers the body to send; null, with errors, if there is a mistake. */
  body() {
    this.#tidy();
    const mistakes = mistakesOf(this.value, texts.case.twice);
    if (mistakes.length > 0) this.#reset(mistakes);
    return mistakes.length > 0 ? null : bodyOf(this.value, this.secret);
  }

  /** Rows that go are gone from the page too, or the others would be called by wrong numbers. */
  #tidy() {
    const before = this.value;
    this.value = tidied(before);
    if (JSON.stringify(before) !== JSON.stringify(this.value)) this.#reset();
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

  showed(checks, isOf = (check) => cardOf(check) !== "apexAction") {
    this.checks = [...this.checks.filter((check) => !isOf(check)), ...checks];
    this.#tell("state");
  }

  #take(view, etag) {
    [this.view, this.etag, this.base] = [view, etag, draftOf(view)];
  }

  #reset(errors = []) {
    this.errors = errors;
    this.#tell("reset");
  }

  #edited(pointer) {
    const card = Object.keys(PARTS).find((card) => pointer === PARTS[card] || pointer.startsWith(`${PARTS[card]}/`));
    const isAll = card === "connectedApp" || card === "type";
    const shaken = isAll ? null : (SHAKEN[card] ?? [card]);
    this.checks = this.checks.filter((check) => shaken !== null && !shaken.includes(cardOf(check)));
    this.dispatchEvent(Object.assign(new Event("change"), { pointer }));
  }

  #tell(event) {
    this.dispatchEvent(new Event(event));
  }
}
