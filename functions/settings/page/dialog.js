import { button, make, newId } from "./dom.js";

/** Opens a dialog, and answers with the value of the button that closes it, or null if it was left. */
export function openDialog({ title, content, buttons, isWide = false }) {
  const id = newId("dialog");
  return new Promise((resolve) => {
    let chosen = null;
    const choose = (value) => () => {
      chosen = value;
      dialog.close();
    };
    const actions = buttons.map(({ text, value, look = "quiet" }) => button(text, choose(value), { class: look }));
    const dialog = make(
      "dialog",
      { "aria-labelledby": id, class: isWide ? "wide" : null },
      make("h2", { id, tabindex: "-1", autofocus: true }, title),
      ...[content].flat(),
      make("div", { class: "actions" }, actions),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(chosen);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something that can't be undone. */
export async function isSure({ title, about, yes, no }) {
  const buttons = [
    { text: no, value: false },
    { text: yes, value: true, look: "danger" },
  ];
  return (await openDialog({ title, content: make("p", {}, about), buttons })) === true;
}
