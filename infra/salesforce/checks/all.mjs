// Every check takes the project's folder and returns what is wrong with it.
import { apexTypes } from "./apex_types.mjs";
import { convert } from "./convert.mjs";
import { format } from "./format.mjs";
import { metadataTypes } from "./metadata_types.mjs";
import { namedFields } from "./named_fields.mjs";
import { pmd } from "./pmd.mjs";
import { references } from "./references.mjs";
import { wire } from "./wire.mjs";

export const CHECKS = {
  "Apex parses and is formatted": format,
  "Apex is type-correct": apexTypes,
  "PMD's rules for Apex": pmd,
  "the source becomes a deployable package": convert,
  "XML is as the Metadata API's types": metadataTypes,
  "fields that flows, permissions and SOQL name exist": namedFields,
  "names exist, and in the order of deployment": references,
  "the callback is the shared example, to the function's route": wire,
};
