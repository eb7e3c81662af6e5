import { PassThrough } from 'node:stream';
import type { Terminal } from '../terminal.js';

/** A stream that may be a terminal. */
class FakeStream extends PassThrough {
  constructor(readonly isTTY: boolean) {
    super();
  }
}

/** A terminal that a test types on and reads. */
export class FakeTerminal implements Terminal {
  readonly input: FakeStream;
  readonly output: FakeStream;
  readonly messages: FakeStream;
  private shown = '';
  private told = '';

  /** @param isTTY whether it looks like a terminal, or like a pipe */
  constructor(isTTY: boolean) {
    this.input = new FakeStream(isTTY);
    this.output = new FakeStream(isTTY);
    this.messages = new FakeStream(isTTY);
    this.output.on('data', (piece: Buffer) => (this.shown += piece.toString()));
    this.messages.on('data', (piece: Buffer) => (this.told += piece.toString()));
  }

  /** All of the output so far. */
  get text(): string {
    return this.shown;
  }

  /** All messages so far. */
  get messageText(): string {
    return this.told;
  }
}
