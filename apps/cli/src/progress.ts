import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';

const MEBIBYTE = 1024 * 1024;

/** What a bar counts. */
interface Unit {
  readonly name: string;
  /** How much of what `update` is told makes one on the bar. */
  readonly size: number;
  /** Below this total the work is over before anyone could look at a bar. */
  readonly fewest: number;
}

/** The bytes of a log. */
const LOG_BYTES: Unit = { name: 'MiB', size: MEBIBYTE, fewest: 64 * MEBIBYTE };
const ENTRIES: Unit = { name: 'entries', size: 1, fewest: 0 };

/** Told how much is done, and how much there is, about. */
type Update = (done: number, total: number) => void;

/** Says how far a piece of work has come: a bar on a terminal when it is long, nothing otherwise. */
class Progress {
  private bar: cliProgress.SingleBar | undefined;

  constructor(
    private readonly terminal: Terminal,
    private readonly doing: string,
    private readonly unit: Unit,
  ) {}

  readonly update: Update = (done, total) => {
    const { name, size, fewest } = this.unit;
    if (this.bar === undefined) {
      if (this.terminal.messages.isTTY !== true || total < fewest) return;
      this.bar = new cliProgress.SingleBar({
        format: `${this.doing} {bar} {percentage} % | {value} of {total} ${name} | {eta_formatted} to go`,
        stream: this.terminal.messages,
        clearOnComplete: true,
        hideCursor: true,
        etaBuffer: 100,
      });
      this.bar.start(Math.ceil(total / size), 0);
    }
    this.bar.update(Math.ceil(done / size));
  };

  /** Takes the bar away. */
  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/**
 * Runs `work` on a log with a progress bar in bytes that is gone afterwards, whatever happens.
 *
 * @param doing what is done, such as `Checking`
 */
export function withProgress<T>(terminal: Terminal, doing: string, work: (update: Update) => Promise<T>): Promise<T> {
  return withBar(new Progress(terminal, doing, LOG_BYTES), work);
}

/** The same with a bar that counts entries. */
export function withEntryProgress<T>(
  terminal: Terminal,
  doing: string,
  work: (update: Update) => Promise<T>,
): Promise<T> {
  return withBar(new Progress(terminal, doing, ENTRIES), work);
}

async function withBar<T>(progress: Progress, work: (update: Update) => Promise<T>): Promise<T> {
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
