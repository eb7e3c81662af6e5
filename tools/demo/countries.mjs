/**
 * The data of the demo: the countries of the world (ISO 3166) and their names in 78 languages, from i18n-iso-countries.
 */
import countries from 'i18n-iso-countries';

/** Adds to the list that a map holds under a key. */
function append(lists, key, item) {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/**
 * Keys and the JSON text of their values:
 *
 * - `country:NO`: its codes, its name in every language, and its other names;
 * - `country:NO:name:ja`: one of those names alone;
 * - `name:ja:ノルウェー`: which countries that name, or other name, stands for;
 * - `language:ja`: how many countries have a name in the language, and a sample.
 *
 * @returns {Map<string, string>} in an order that is nobody's order of keys
 */
export function countryEntries() {
  const languages = countries.getSupportedLanguages();
  const namesByLanguage = new Map(
    languages.map((language) => [language, countries.getNames(language, { select: 'all' })]),
  );
  const values = new Map();
  const countriesByName = new Map();
  for (const alpha2 of Object.keys(countries.getAlpha2Codes())) {
    const names = {};
    const otherNames = {};
    for (const [language, namesOf] of namesByLanguage) {
      const [name, ...others] = namesOf[alpha2] ?? [];
      if (name === undefined) continue;
      names[language] = name;
      if (others.length > 0) otherNames[language] = others;
      values.set(`country:${alpha2}:name:${language}`, { country: alpha2, language, name, others });
      for (const text of new Set([name, ...others])) append(countriesByName, `name:${language}:${text}`, alpha2);
    }
    const numeric = countries.alpha2ToNumeric(alpha2);
    const codes = { alpha2, alpha3: countries.alpha2ToAlpha3(alpha2), numeric, number: Number(numeric) };
    values.set(`country:${alpha2}`, { codes, names, otherNames });
  }
  for (const [key, named] of countriesByName) values.set(key, { countries: named });
  for (const [language, namesOf] of namesByLanguage) {
    const sample = Object.fromEntries(Object.entries(namesOf).slice(0, 10));
    values.set(`language:${language}`, { countries: Object.keys(namesOf).length, sample });
  }
  return new Map(Array.from(values, ([key, value]) => [key, JSON.stringify(value)]));
}
