import { compare, isTheirsOnly, merge } from "./difference.js";
import { openDialog } from "./dialog.js";
import { draftOf } from "./document.js";
import { make } from "./dom.js";
import { labelOf, shown } from "./labels.js";
import { texts } from "./texts.js";

const { stale } = texts;

const SECRET = "/salesforce/clientSecret";

/**
 * Shows what the draft and newer settings make different, field by field, and lets the admin choose. Answers whether to save: then
 * the draft goes on from the newer settings with what was chosen; else it stays as it is.
 */
export async function resolveStale(draft, newer, isSecretTheirs) {
  const theirs = draftOf(newer.view);
  const isSecretMine = draft.secret !== "";
  const differences = [...compare(draft.base, draft.value, theirs), ...(isSecretMine && isSecretTheirs ? [SECRETS] : [])];
  const choices = new Set(differences.filter(isTheirsOnly).map(({ pointer }) => pointer));
  const choose = (pointer, isTheirs) => (isTheirs ? choices.add(pointer) : choices.delete(pointer));
  const content = [
    make("p", {}, stale.about(draft.version, newer.view.version)),
    differences.length === 0
      ? make("p", {}, isSecretMine ? stale.secretOnly : stale.nothing)
      : make(
          "ul",
          { class: "differences" },
          differences.map((one, index) => row(one, index, choose)),
        ),
    isSecretMine && !isSecretTheirs && differences.length > 0 ? make("p", { class: "hint" }, stale.secret) : null,
  ];
  const buttons = [
    { text: texts.save.keep, value: false },
    { text: stale.save, value: true, look: "filled" },
  ];
  const isSaving = (await openDialog({ title: stale.title, content: content.filter(Boolean), buttons, isWide: true })) === true;
  if (isSaving) draft.rebase(newer, merge(draft.value, theirs, choices), choices.has(SECRET) ? "" : draft.secret);
  return isSaving;
}

/** Both wrote a client secret. Theirs is known to nobody, and mine is not shown. */
const SECRETS = {
  pointer: SECRET,
  before: stale.secretBefore,
  mine: stale.secretMine,
  theirs: stale.secretTheirs,
  isConflict: true,
};

function row(difference, index, choose) {
  const { pointer, before, mine, theirs, isConflict } = difference;
  const who = isConflict ? stale.conflict : isTheirsOnly(difference) ? stale.onlyTheirs : stale.onlyMine;
  const option = (isTheirs, name, value) => {
    const id = `difference-${index}-${isTheirs ? "theirs" : "mine"}`;
    const radio = make("input", {
      type: "radio",
      id,
      name: `difference-${index}`,
      checked: isTheirs === isTheirsOnly(difference),
      onchange: () => choose(pointer, isTheirs),
    });
    return make(
      "div",
      { class: "option" },
      radio,
      make("label", { for: id }, make("strong", {}, name), make("span", {}, shown(value, pointer))),
    );
  };
  return make(
    "li",
    {},
    make(
      "fieldset",
      {},
      make("legend", {}, labelOf(pointer), " ", make("small", { class: isConflict ? "conflict" : null }, who)),
      make("p", { class: "hint" }, `${stale.before}: ${shown(before, pointer)}`),
      make("div", { class: "options" }, option(false, stale.mine, mine), option(true, stale.theirs, theirs)),
    ),
  );
}
