import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';

/** Says how many entries are done: a bar on a terminal, nothing otherwise. */
export class EntryProgress {
  private bar: cliProgress.SingleBar | undefined;

  /** @param doing what is done, such as `Copying` */
  constructor(
    private readonly terminal: Terminal,
    private readonly doing: string,
  ) {}

  /** To be called with the entries done and those there are, about. */
  readonly update = (done: number, total: number): void => {
    if (this.bar === undefined) {
      if (this.terminal.messages.isTTY !== true) return;
      this.bar = new cliProgress.SingleBar({
        format: `${this.doing} {bar} {percentage} % | {value} of {total} entries | {eta_formatted} to go`,
        stream: this.terminal.messages,
        clearOnComplete: true,
        hideCursor: true,
        etaBuffer: 100,
      });
      this.bar.start(total, 0);
    }
    this.bar.update(done);
  };

  /** Takes the bar away. */
  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** Runs `work` with a progress bar that is gone afterwards, whatever happens. */
export async function withEntryProgress<Result>(
  terminal: Terminal,
  doing: string,
  work: (update: (done: number, total: number) => void) => Promise<Result>,
): Promise<Result> {
  const progress = new EntryProgress(terminal, doing);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
