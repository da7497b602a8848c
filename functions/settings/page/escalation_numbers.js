const FINAL = ["caseCreated", "ended"];

/**
 * How many escalations a filter has, as text: of a status, of "open" or of "", which is all. If not all were counted, there are more of
 * those that are final.
 */
export function numbersOf({ counts, isComplete }) {
  const statuses = Object.keys(counts);
  const members = { "": statuses, open: statuses.filter((status) => !FINAL.includes(status)) };
  return (filter) => {
    const counted = members[filter] ?? [filter];
    const sum = counted.reduce((total, status) => total + counts[status], 0);
    return `${sum}${isComplete || !counted.some((status) => FINAL.includes(status)) ? "" : "+"}`;
  };
}
