/**
 * Puts each error to the field that it belongs to: the field of its pointer, else the nearest that holds it, else the first that it
 * holds. Answers a map from a field's pointer to its errors; errors without a field are under null.
 */
export function place(errors, pointers) {
  const placed = new Map();
  for (const error of errors) {
    const pointer = fieldOf(error.pointer, pointers);
    placed.set(pointer, [...(placed.get(pointer) ?? []), error]);
  }
  return placed;
}

function fieldOf(pointer, pointers) {
  if (pointers.includes(pointer)) return pointer;
  const around = pointers.filter((candidate) => pointer.startsWith(`${candidate}/`));
  const within = pointers.filter((candidate) => candidate.startsWith(`${pointer}/`));
  return around.sort((one, other) => other.length - one.length)[0] ?? within[0] ?? null;
}
