import { button, make } from "./dom.js";

/**
 * An editor of a list in the draft: a row for each item, a button that adds one, and a button in each row that removes it.
 * `rowOf(index, remove)` makes the element of a row, `blank()` a new item. After each the focus stays near.
 */
export function rowsEditor({ draft, pointer, rowOf, blank, addText, addLabel = null, emptyText }) {
  const rows = make("div", { class: "rows" });
  const add = button(addText, () => change([...draft.get(pointer), blank()], draft.get(pointer).length), {
    class: "quiet small",
    "aria-label": addLabel,
  });
  const change = (items, focused) => {
    draft.set(pointer, items);
    show();
    (rows.children[focused]?.querySelector("input, select") ?? add).focus();
  };
  const show = () => {
    const items = draft.get(pointer);
    const remove = (index) => () => change(draft.get(pointer).toSpliced(index, 1), index);
    rows.replaceChildren(...items.map((_, index) => rowOf(index, remove(index))));
    if (items.length === 0 && emptyText) rows.append(make("p", { class: "none" }, emptyText));
  };
  show();
  return { element: make("div", { class: "rows-editor" }, rows, add), show };
}
