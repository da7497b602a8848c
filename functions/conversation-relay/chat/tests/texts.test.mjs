import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { files, load } from "./script.mjs";

const { TEXTS, chooseLanguage, textsOf, REASONS, RECEIPTS } = load("TEXTS", "chooseLanguage", "textsOf", "REASONS", "RECEIPTS");
const folder = new URL("../", import.meta.url);

test("every file of the folder is part of the script", () => {
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith(".js")).sort(), [...files].sort());
});

test("every language has every text, with the same parts", () => {
  const shape = (texts) => Object.entries(texts).map(([key, text]) => [key, typeof text, text.length * (typeof text === "function")]);
  for (const [language, texts] of Object.entries(TEXTS)) {
    assert.deepEqual(shape(texts), shape(TEXTS.en), language);
    for (const [key, text] of Object.entries(texts)) {
      const said = typeof text === "function" ? text("<first>", "<second>") : text;
      assert.ok(said.trim(), `${language} ${key}`);
      if (typeof text === "function") assert.ok(said.includes("<first>"), `${language} ${key}`);
    }
  }
});

test("every text is used", () => {
  const sources = files.filter((file) => !file.startsWith("texts")).map((file) => readFileSync(new URL(file, folder), "utf8"));
  const named = new Set([...Object.values(REASONS), ...RECEIPTS]);
  for (const key of Object.keys(TEXTS.en)) {
    const isUsed = named.has(key) || sources.some((source) => new RegExp(`\\b${key}\\b`).test(source));
    assert.ok(isUsed, key);
  }
});

test("the first wish decides, and what is not spoken is English", () => {
  for (const [wishes, language] of [
    [["de", "en"], "de"],
    [["de-AT"], "de-AT"],
    [["en", "de-DE", "en-GB"], "en-GB"],
    [["da", "en-AU"], "en-AU"],
    [["ar_EG"], "ar-EG"],
    [["AR"], "AR"],
    [["da", "de"], "en"],
    [[undefined, "", "de"], "de"],
    [["not a language!", "ar"], "ar"],
    [["constructor"], "en"],
    [[], "en"],
  ]) {
    assert.equal(chooseLanguage(wishes), language, String(wishes));
    assert.ok(textsOf(language).chat);
  }
});

test("Arabic is read from right to left", () => {
  assert.deepEqual(Object.values(TEXTS).map(({ direction }) => direction), ["ltr", "ltr", "rtl"]);
});
