const SVG = "http://www.w3.org/2000/svg";

/** Outlines of 24 by 24, drawn with a line. */
const ICONS = {
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  remove: "M6 6l12 12M18 6 6 18",
  passed: "M5 12.5l4.5 4.5L19 7.5",
  failed: "M12 6.5v7m0 3.2v.3M12 2.5 22 20.5H2z",
  unknown: "M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19M9.3 9.2a2.7 2.7 0 1 1 3.8 2.6c-.7.4-1.1.9-1.1 1.8m0 3v.2",
  skipped: "M6 12h12",
  chat: "M4 5h16v11H9.5L5.5 20v-4H4z",
  case: "M4 8h16v11H4zM9 8V5h6v3",
};

/**
 * Makes an element. Properties are set as attributes, `class` among them; `on…` are listeners; false and null are left out.
 * Children are elements or text, in lists too: a text never becomes HTML.
 */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  setAttributes(element, properties);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Makes an element of a drawing. */
export function draw(name, properties = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  setAttributes(element, properties);
  element.append(...children);
  return element;
}

function setAttributes(element, properties) {
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
}

/** An icon, which says nothing to a screen reader. */
export function icon(name) {
  return draw("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));
}

/** A button that does something on the page; `properties` as of `make`. */
export function button(text, onclick, properties = {}) {
  return make("button", { type: "button", onclick, ...properties }, text);
}

/** A button that is an icon, with a name for those who don't see it. */
export function iconButton(name, label, onclick) {
  return make("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick }, icon(name));
}

/** Lets a button rest while what it began goes on; it keeps the focus, and pressing it does nothing if `isBusy` is asked first. */
export function setBusy(button, isBusy, text) {
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = text;
}

/** Whether a button rests. */
export function isBusy(button) {
  return button.getAttribute("aria-disabled") === "true";
}

let lastId = 0;

/** An id that no other element of the page has. */
export function newId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/** A name and what it is. */
export function term(name, ...value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, ...value));
}
