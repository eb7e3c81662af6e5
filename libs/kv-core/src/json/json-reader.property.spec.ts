import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonReadError } from './json-error.js';
import { JsonReader } from './json-reader.js';
import { textOfJsonText } from './json-text.js';

const MAX_DEPTH = 1000;

// fast-check prints the seed of a run that fails; `fc.assert(…, { seed })` repeats it.
const RUNS = { numRuns: 3000 };

/** What the reader makes of bytes: the value's text, or nothing when they are refused. */
function read(bytes: Buffer): string | undefined {
  try {
    const reader = new JsonReader(bytes, { maxDepth: MAX_DEPTH });
    const value = reader.readValue();
    reader.end();
    return value;
  } catch (error) {
    if (error instanceof JsonReadError) return undefined;
    throw error;
  }
}

/** The same by entering every object and array instead of scanning over it; duplicate names in them are refused. */
function walk(bytes: Buffer): unknown {
  const reader = new JsonReader(bytes, { maxDepth: 0 });
  const value = walkValue(reader);
  reader.end();
  return value;
}

function walkValue(reader: JsonReader): unknown {
  switch (reader.peek()) {
    case 'object': {
      const members: [string, unknown][] = [];
      reader.enterObject();
      for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
        members.push([name, walkValue(reader)]);
      }
      return Object.fromEntries(members);
    }
    case 'array': {
      const elements: unknown[] = [];
      reader.enterArray();
      while (reader.nextElement()) elements.push(walkValue(reader));
      return elements;
    }
    case 'string':
      return reader.readString();
    case 'number':
      return Number(reader.readNumberText());
    case 'boolean':
    case 'null':
      return JSON.parse(reader.readValue()) as unknown;
  }
}

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);

const numberText = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?$/);

const stringText = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.stringMatching(/^"([ a-zäß€😀]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){0,20}"$/u),
);

/** JSON texts with white space between their tokens, duplicate names and odd spellings included. */
const { document } = fc.letrec<{ document: string; value: string }>((tie) => ({
  document: fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    numberText,
    stringText,
    fc.tuple(space, fc.array(tie('document'), { maxLength: 5 })).map(([s, items]) => `[${items.join(',') || s}]`),
    fc
      .tuple(space, fc.array(fc.tuple(space, stringText, space, tie('document')), { maxLength: 5 }))
      .map(([s, members]) => `{${members.map(([a, name, b, value]) => `${a}${name}${b}:${value}`).join(',') || s}}`),
  ),
}));

const withoutSpace = (text: string): string => text.replaceAll(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/gsu, '$1');

type Mutation = readonly [place: number, kind: 'replace' | 'insert' | 'remove' | 'cut', byte: number];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.nat(),
  fc.constantFrom('replace', 'insert', 'remove', 'cut'),
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(...Buffer.from('[]{}:,"\\/ \t\n\r\0\v0123456789+-.eEtfnu\'')),
    fc.constantFrom(0xc0, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0xbf),
  ),
);

function mutate(bytes: Buffer, [place, kind, byte]: Mutation): Buffer {
  const at = place % (bytes.length + 1);
  const before = bytes.subarray(0, at);
  if (kind === 'cut') return before;
  const added = kind === 'remove' ? [] : [byte];
  return Buffer.concat([before, Buffer.from(added), bytes.subarray(kind === 'insert' ? at : at + 1)]);
}

/** Whether JSON.parse takes bytes that are strictly UTF-8. */
function isJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

describe('any JSON text', () => {
  it('is read as itself without the white space between its tokens', () => {
    fc.assert(
      fc.property(document, (text) => {
        const value = read(Buffer.from(text));
        expect(value).toBe(withoutSpace(text));
        expect(JSON.parse(value ?? '')).toStrictEqual(JSON.parse(text));
      }),
      RUNS,
    );
  });

  it('is read the same once more', () => {
    fc.assert(
      fc.property(document, (text) => {
        const value = withoutSpace(text);
        expect(read(Buffer.from(value))).toBe(value);
      }),
      RUNS,
    );
  });

  it('is what JSON.parse makes of it when every object and array is entered', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        expect(walk(Buffer.from(text))).toStrictEqual(JSON.parse(text));
      }),
      RUNS,
    );
  });
});

describe('any bytes', () => {
  it('that come of JSON by small changes are taken where JSON.parse takes them, and refused where not', () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(document, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
        const bytes = mutations.reduce(mutate, Buffer.from(text));
        const value = read(bytes);
        expect(value !== undefined).toBe(isJson(bytes));
        if (value === undefined) {
          seen.refused++;
        } else {
          seen.taken++;
          expect(value).toBe(withoutSpace(bytes.toString('utf8')));
        }
      }),
      { numRuns: 20_000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(500);
  });

  it('that look like a number, word or string are taken where JSON.parse takes them, and refused where not', () => {
    const scalarLike = fc.oneof(
      fc.stringMatching(/^[-+.eE0-9]{1,6}$/),
      fc.stringMatching(/^[truefalsn]{1,5}$/),
      fc.stringMatching(/^"[\\"u0-9a-fxä\n]{0,6}"?$/),
    );
    fc.assert(
      fc.property(scalarLike, (text) => {
        expect(read(Buffer.from(text))).toBe(isJson(Buffer.from(text)) ? withoutSpace(text) : undefined);
      }),
      { numRuns: 20_000 },
    );
  });

  it('at all are refused by a JsonReadError or taken as JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(read(Buffer.from(bytes)) !== undefined).toBe(isJson(Buffer.from(bytes)));
      }),
      RUNS,
    );
  });
});

describe('any string text', () => {
  it('reads through string APIs as its content, or as itself when UTF-8 cannot carry that', () => {
    fc.assert(
      fc.property(stringText, (text) => {
        const reader = new JsonReader(Buffer.from(text), { maxDepth: 0 });
        const content = JSON.parse(text) as string;
        expect(textOfJsonText(reader.readValue())).toBe(content.isWellFormed() ? content : text);
      }),
      RUNS,
    );
  });
});
