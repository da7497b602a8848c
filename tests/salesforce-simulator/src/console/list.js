// The list of conversations, the newest first. An entry is made once and then changed, so that neither focus nor scroll
// moves when something happens.

import { byId, make, setText } from "./dom.js";
import { ageOf, isOver, isWaiting, nameOf, standingOf, stateOf } from "./standing.js";

const list = byId("list");
const entries = new Map();

const parts = () => ({
  name: make("span", { className: "name", dir: "auto" }),
  age: make("span", { className: "age" }),
  state: make("span", { className: "state" }),
  last: make("span", { className: "last", dir: "auto" }),
  dot: make("span", { className: "dot", hidden: true }, make("span", { className: "unseen", textContent: "New messages" })),
});

const entry = (id, choose) => {
  const own = parts();
  const button = make("button", { type: "button" }, own.name, " ", own.age, " ", own.state, " ", own.last, " ", own.dot);
  button.dataset.id = id;
  button.addEventListener("click", () => choose(id));
  return { ...own, button, item: make("li", {}, button) };
};

const lastWords = ({ lastWords }) => {
  if (!lastWords) return "Nothing was said yet";
  return lastWords.role === "EndUser" ? lastWords.text : `${lastWords.author}: ${lastWords.text}`;
};

const update = (own, line, { selected, now, isSeen }) => {
  setText(own.name, nameOf(line));
  setText(own.age, ageOf(line.createdAt, now));
  setText(own.state, standingOf(line));
  setText(own.last, lastWords(line));
  own.state.dataset.state = stateOf(line);
  own.dot.hidden = isOver(line) || isSeen(line);
  own.button.ariaCurrent = line.id === selected ? "true" : null;
};

export const showList = (lines, context) => {
  const known = new Set(lines.map((line) => line.id));
  for (const [id, own] of entries) {
    if (known.has(id)) continue;
    own.item.remove();
    entries.delete(id);
  }
  for (const line of lines) {
    if (!entries.has(line.id)) {
      entries.set(line.id, entry(line.id, context.choose));
      list.prepend(entries.get(line.id).item);
    }
    update(entries.get(line.id), line, context);
  }
  byId("no-conversations").hidden = lines.length > 0;
  showWaiting(lines.filter(isWaiting).length);
};

const showWaiting = (count) => {
  const badge = byId("waiting");
  setText(badge, count > 0 ? `${count} waiting` : "");
  badge.hidden = count === 0;
};
