import { button, make } from "./dom.js";
import { failureBox } from "./failure.js";
import { onceAtATime } from "./once_at_a_time.js";
import { texts } from "./texts.js";

/**
 * What is below a list that comes page by page: a button for the next one while there is one. `append(page)` shows each page, the first
 * too; `load(cursor)` answers the next.
 */
export function pagesBelow(first, load, append) {
  const below = make("div", { class: "below" });
  const show = (page) => {
    append(page);
    below.replaceChildren(...(page.cursor === null ? [] : [button(texts.more, () => more(page.cursor), { class: "quiet" })]));
  };
  const more = onceAtATime(async (cursor) => {
    try {
      show(await load(cursor));
    } catch (error) {
      below.replaceChildren(failureBox(error, () => more(cursor)));
    }
  });
  show(first);
  return below;
}
