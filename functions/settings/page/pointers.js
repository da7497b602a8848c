/** JSON pointers, RFC 6901: where something is in a document. */

/** The names that a pointer goes through. */
export function parts(pointer) {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The pointer that goes through these names. */
export function pointerTo(...names) {
  return names.map((name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** What is there, or undefined. */
export function valueAt(document, pointer) {
  return parts(pointer).reduce((value, part) => value?.[part], document);
}

/** The document with a value there; what lies between is made if it is missing. The document itself stays as it is. */
export function withValue(document, pointer, value) {
  return replaced(document, parts(pointer), value);
}

function replaced(document, [first, ...rest], value) {
  if (first === undefined) return value;
  const copy = Array.isArray(document) ? [...document] : { ...document };
  copy[first] = replaced(copy[first], rest, value);
  return copy;
}
