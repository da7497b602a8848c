import { make } from "./dom.js";
import { zoneName } from "./formats.js";

const ZONES = Intl.supportedValuesOf("timeZone");

/** The time zones that this browser knows and the chosen one, by region, as choices of a select. */
export function zoneChoices(chosen) {
  const zones = [...new Set([...ZONES, "UTC", chosen].filter(Boolean))].sort();
  return [...grouped(zones)].map(([region, zones]) =>
    make(
      "optgroup",
      { label: region },
      zones.map((zone) => make("option", { value: zone }, nameIn(zone))),
    ),
  );
}

function grouped(zones) {
  const regions = new Map();
  for (const zone of zones) regions.set(regionOf(zone), [...(regions.get(regionOf(zone)) ?? []), zone]);
  return regions;
}

function regionOf(zone) {
  return zone.includes("/") ? zone.split("/")[0] : "UTC";
}

function nameIn(zone) {
  const [, place, ...rest] = zone.split("/");
  return place === undefined ? zone : `${zoneName(zone)}${rest.length > 0 ? ` (${place.replaceAll("_", " ")})` : ""}`;
}
