import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { codeOf } from './system-code.js';

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  /** For messages and progress, so that the output stays clean. */
  readonly messages: Writable & { readonly isTTY?: boolean };
}

/** The streams of this process. */
export function processTerminal(): Terminal {
  return { input: process.stdin, output: process.stdout, messages: process.stderr };
}

/** Writes one line of the result. */
export function say(terminal: Terminal, line: string): void {
  if (!terminal.output.destroyed) terminal.output.write(`${line}\n`);
}

/** Writes one line about what happens. */
export function tell(terminal: Terminal, line: string): void {
  terminal.messages.write(`${line}\n`);
}

/** Resolves when whoever reads the output has room for more, or has gone: then what is written goes nowhere, and the work goes on to its own exit status. */
export async function drained(terminal: Terminal): Promise<void> {
  const { output } = terminal;
  if (output.destroyed || !output.writableNeedDrain) return;
  try {
    await once(output, 'drain');
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error;
  }
}

/** Asks a question that `y` or `yes` agrees to. The end of the input is a no. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  const lines = createInterface({ input: terminal.input, output: terminal.messages });
  try {
    const ended = once(lines, 'close').then(() => '');
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
