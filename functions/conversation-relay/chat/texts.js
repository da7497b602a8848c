/** The languages that the chat speaks. */
const TEXTS = { en: ENGLISH, de: GERMAN, ar: ARABIC };

/** The language tag to speak: the first wish of which the language is spoken here, with its region; else English. */
function chooseLanguage(wishes) {
  const isSpoken = (wish) => Object.hasOwn(TEXTS, wish.toLowerCase().split("-")[0]);
  for (const wish of wishes) {
    const tag = wish?.trim().replace("_", "-");
    if (tag && isValidTag(tag)) return isSpoken(tag) ? tag : "en";
  }
  return "en";
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

