const SVG = "http://www.w3.org/2000/svg";

/** Outlines of 24 by 24, drawn with a line. */
const ICONS = {
  attach: "M20 11.5 12.4 19a5 5 0 0 1-7.1-7.1l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7.2-7.1",
  send: "M5 12h13M12.5 6l6 6-6 6",
  file: "M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5zM13.5 3v5.5H19",
  download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
  down: "M12 5v13m-5.5-5.5L12 18l5.5-5.5",
};

/**
 * Makes an element. Properties are set as attributes, `class` among them; `on…` are listeners; false and null are left out.
 * Children are elements or text: a text never becomes HTML.
 */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An icon, which says nothing to a screen reader. */
function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A text whose links can be followed, in an element of its own. */
function linkedText(text) {
  const nodes = linkParts(text).map(({ text, address }) => (address === null ? text : anchor(address, text)));
  return make("p", { class: "text", dir: "auto" }, ...nodes);
}

/** A link to another page. */
function anchor(address, text) {
  return make("a", { href: address, rel: "noopener noreferrer", target: "_blank", dir: "auto" }, text);
}

/** Saves a content under a name, as a link to it would. */
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

