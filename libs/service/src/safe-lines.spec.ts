import { describe, expect, it } from '@jest/globals';
import { printableJsonLine, safeJsonLine } from './safe-lines.js';

const NASTY = 'a\u0000b\nc\r\u001b[2Jd\u007f\u0085\u009b1m\u2028e\u2029\u202egpj.exe\ufeff\u{e0001}\ud800';

describe('a JSON line', () => {
  it('holds printable characters alone, and means the same', () => {
    const line = `${JSON.stringify({ key: NASTY, plain: 'naïve 😀 "quoted" \\u0041' })}\n`;
    const safe = safeJsonLine(line);
    expect(safe.slice(0, -1)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(safe.endsWith('}\n')).toBe(true);
    expect(JSON.parse(safe)).toEqual(JSON.parse(line));
  });
});

describe('a line for people', () => {
  it('has no string that a terminal could obey once it is decoded; a stack keeps its lines', () => {
    const line = JSON.stringify({
      msg: NASTY,
      key: { deep: [NASTY] },
      err: { stack: `Error: ${NASTY}\n    at x` },
      n: 1,
    });
    const { msg, key, err, n } = JSON.parse(printableJsonLine(`${line}\n`)) as {
      msg: string;
      key: { deep: string[] };
      err: { stack: string };
      n: number;
    };
    const shown =
      'a\\u0000b\\u000ac\\u000d\\u001b[2Jd\\u007f\\u0085\\u009b1m\\u2028e\\u2029\\u202egpj.exe\\ufeff\\udb40\\udc01\\ud800';
    expect([msg, key.deep[0], n]).toEqual([shown, shown, 1]);
    expect(err.stack.split('\n')).toHaveLength(3);
    expect(err.stack.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });
});
