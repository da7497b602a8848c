/** Times, sizes and numbers as people of a language write them. */
class Formats {
  #language;
  #time;
  #day;
  #dayOfYear;
  #relative;

  constructor(language) {
    this.#language = language;
    this.#time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
    this.#day = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
    this.#dayOfYear = new Intl.DateTimeFormat(language, { dateStyle: "long" });
    this.#relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  }

  /** Hour and minute. */
  time(date) {
    return this.#time.format(date);
  }

  /** The day of a date: today, yesterday, or which. */
  day(date, now = new Date()) {
    const age = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
    if (age === 0 || age === 1) return this.#relative.format(-age, "day");
    return (now.getFullYear() === date.getFullYear() ? this.#day : this.#dayOfYear).format(date);
  }

  /** Bytes in the largest unit of which there is one. */
  size(bytes) {
    const [unit, size] =
      bytes < 1_000 ? ["byte", bytes] : bytes < 1_000_000 ? ["kilobyte", bytes / 1_000] : ["megabyte", bytes / 1_000_000];
    const maximumFractionDigits = size < 10 && unit !== "byte" ? 1 : 0;
    return this.number(size, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits });
  }

  /** Seconds in minutes, or in hours from one and a half on. */
  duration(seconds) {
    const minutes = Math.max(1, Math.round(seconds / 60));
    const [unit, count] = minutes < 90 ? ["minute", minutes] : ["hour", Math.round(minutes / 60)];
    return this.number(count, { style: "unit", unit, unitDisplay: "long" });
  }

  /** A number. */
  number(value, options) {
    return new Intl.NumberFormat(this.#language, options).format(value);
  }

  /** Names with commas and the word before the last. */
  list(names) {
    return new Intl.ListFormat(this.#language).format(names);
  }
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whether two dates are of one day, where the customer is. */
function isSameDay(one, other) {
  return startOfDay(one) === startOfDay(other);
}

