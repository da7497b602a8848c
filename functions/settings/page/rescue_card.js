import { cardFrame } from "./card.js";
import { texts } from "./texts.js";

const { rescue } = texts;

/** When a conversation that nobody accepts becomes a Case. */
export function rescueCard({ fields, number }) {
  const attributes = { inputmode: "numeric", class: "short" };
  const wait = fields.text({ pointer: "/rescue/longestWaitMinutes", label: rescue.wait, hint: rescue.waitHint, attributes });
  return cardFrame({ id: "rescue", number, title: rescue.title, about: rescue.about }, wait);
}
