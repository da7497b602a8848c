/** The languages that the chat speaks. */
const TEXTS = { en: ENGLISH, de: GERMAN, ar: ARABIC };

/**
 * The language tag to speak: the first wish if its language is spoken here, else English. A wish without a region gets that of a
 * later one of its language: by it times are written.
 */
function chooseLanguage(wishes) {
  const tags = wishes.map((wish) => wish?.trim().replace("_", "-")).filter((tag) => tag && isValidTag(tag));
  const isSpoken = tags.length > 0 && Object.hasOwn(TEXTS, tags[0].toLowerCase().split("-")[0]);
  const language = isSpoken ? tags[0] : "en";
  return tags.find((tag) => tag.toLowerCase().startsWith(`${language.toLowerCase()}-`)) ?? language;
}

function isValidTag(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

/** The texts of a language tag from `chooseLanguage`. */
function textsOf(language) {
  return TEXTS[language.toLowerCase().split("-")[0]];
}

