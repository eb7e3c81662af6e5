import { describe, expect, it } from '@jest/globals';
import { settingsMarkdown, withSettings } from './markdown.js';
import { oneOf, wholeNumber } from './parsers.js';
import type { Program } from './setting.js';

const PROGRAM: Program = {
  name: 'toy',
  summary: 'A toy.',
  version: () => '1.2.3',
  sections: {
    toy: {
      title: 'Toy',
      settings: {
        colour: { variable: 'COLOUR', flag: 'colour', description: 'A|B.', value: oneOf(['red']), default: 'red' },
        size: {
          variable: 'SIZE',
          description: 'Size.',
          value: wholeNumber(1, 9),
          default: { compute: () => '5', words: 'computed' },
        },
        weight: { variable: 'WEIGHT', description: 'Weight.', value: wholeNumber(1, 2) },
      },
    },
    other: { title: 'Other', settings: {} },
  },
};

describe('settingsMarkdown', () => {
  it('is a heading and an aligned table for each section', () => {
    expect(settingsMarkdown(PROGRAM).split('\n').slice(0, 7)).toEqual([
      '### Toy',
      '',
      '| Variable | Flag       | Default  | Allowed                    | What it is for |',
      '| -------- | ---------- | -------- | -------------------------- | -------------- |',
      String.raw`| ${'`COLOUR`'} | ${'`--colour`'} | ${'`red`'}    | red                        | A\|B.          |`,
      '| `SIZE`   |            | computed | a whole number from 1 to 9 | Size.          |',
      '| `WEIGHT` |            | none     | a whole number from 1 to 2 | Weight.        |',
    ]);
    expect(settingsMarkdown(PROGRAM)).toContain('\n\n### Other\n\n');
  });
});

describe('withSettings', () => {
  const before = '# Doc\n\n<!-- settings of toy -->';
  const after = '<!-- end of settings of toy -->\n\nMore.\n';

  it('replaces what stands between the comments, and nothing else', () => {
    const written = withSettings(`${before}\n\nold $& text\n\n${after}`, PROGRAM);
    expect(written).toBe(`${before}\n\n${settingsMarkdown(PROGRAM)}\n\n${after}`);
    expect(withSettings(written, PROGRAM)).toBe(written);
  });

  it.each(['', before, after])('refuses a document without a place for them', (document) => {
    expect(() => withSettings(document, PROGRAM)).toThrow('<!-- settings of toy -->');
  });
});
