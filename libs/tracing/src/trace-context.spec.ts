import { describe, expect, it } from '@jest/globals';
import { parseTraceContext, traceHeaders } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const GOOD = `00-${TRACE}-${SPAN}-01`;

describe('traceparent', () => {
  it.each([
    [GOOD, 1, GOOD],
    [`00-${TRACE}-${SPAN}-00`, 0, `00-${TRACE}-${SPAN}-00`],
    // Random, by level 2 of the recommendation.
    [`00-${TRACE}-${SPAN}-03`, 3, `00-${TRACE}-${SPAN}-03`],
    // Bits that nobody knows are not passed on.
    [`00-${TRACE}-${SPAN}-ff`, 3, `00-${TRACE}-${SPAN}-03`],
    // Later versions are read as far as they are known, and passed on as this one.
    [`01-${TRACE}-${SPAN}-01`, 1, GOOD],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1, GOOD],
    [`01-${TRACE}-${SPAN}-01-`, 1, GOOD],
  ])('%s is read, and passed on', (text, flags, passedOn) => {
    const context = parseTraceContext(text, undefined);
    expect(context).toEqual({ traceId: TRACE, spanId: SPAN, flags, state: undefined });
    expect(traceHeaders(context!)).toEqual({ traceparent: passedOn });
  });

  it.each([
    '',
    'x',
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-011`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-extra`,
    `01-${TRACE}-${SPAN}-01extra`,
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN.toUpperCase()}-01`,
    `00-${TRACE}-${SPAN}-0G`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}0-01`,
    ` ${GOOD}`,
    `${GOOD} `,
    `${GOOD}\n`,
    // Two lines.
    `${GOOD}, ${GOOD}`,
    `00_${TRACE}_${SPAN}_01`,
  ])('%j is none', (text) => {
    expect(parseTraceContext(text, 'a=1')).toBeUndefined();
  });
});

describe('tracestate', () => {
  const stateOf = (text: string): string | undefined => parseTraceContext(GOOD, text)?.state;

  it.each([
    ['rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['rojo=1, congo=t61rcWkgMzE', 'rojo=1,congo=t61rcWkgMzE'],
    ['\ta=1 ,, b=2\t,', 'a=1,b=2'],
    ['fw529a3039@dt=FfffefI', 'fw529a3039@dt=FfffefI'],
    ['1a-2f@foo=bar', '1a-2f@foo=bar'],
    ['a_-*/9=with spaces in it !"#$%&', 'a_-*/9=with spaces in it !"#$%&'],
    [
      Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(','),
      Array.from({ length: 32 }, (_, i) => `k${i}=1`).join(','),
    ],
    [`a=${'v'.repeat(256)}`, `a=${'v'.repeat(256)}`],
  ])('%j is passed on', (text, passedOn) => {
    expect(stateOf(text)).toBe(passedOn);
    expect(traceHeaders(parseTraceContext(GOOD, text)!)).toEqual({ traceparent: GOOD, tracestate: passedOn });
  });

  it.each([
    '',
    ',',
    'a',
    'a=',
    '=1',
    'A=1',
    '1a=1',
    'a b=1',
    'a =1',
    'a=1=2',
    'a=1\u0000',
    'a=é',
    'a=1,a=2',
    'a@=1',
    '@a=1',
    'a@fifteenletters1=1',
    `a=${'v'.repeat(257)}`,
    `a=${'v'.repeat(250)},b=${'v'.repeat(250)},c=${'v'.repeat(10)}`,
    Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(','),
  ])('%j is left out, and the trace goes on', (text) => {
    expect(parseTraceContext(GOOD, text)).toEqual({ traceId: TRACE, spanId: SPAN, flags: 1, state: undefined });
  });
});
