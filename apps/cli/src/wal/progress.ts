import cliProgress from 'cli-progress';
import type { Terminal } from '../terminal.js';

/** Below this many bytes a log is read before anyone could look at a bar. */
const LONG_LOG_BYTES = 64 * 1024 * 1024;

const MEBIBYTE = 1024 * 1024;

/** Says how far the reading of a log has come: a bar on a terminal when the log is long, nothing otherwise. */
export class Progress {
  private bar: cliProgress.SingleBar | undefined;

  /** @param doing what is done, such as `Checking` */
  constructor(
    private readonly terminal: Terminal,
    private readonly doing: string,
  ) {}

  /** To be called with the bytes done and the bytes there are. */
  readonly update = (done: number, total: number): void => {
    if (this.bar === undefined) {
      if (this.terminal.messages.isTTY !== true || total < LONG_LOG_BYTES) return;
      this.bar = new cliProgress.SingleBar({
        format: `${this.doing} {bar} {percentage} % | {value} of {total} MiB | {eta_formatted} to go`,
        stream: this.terminal.messages,
        clearOnComplete: true,
        hideCursor: true,
        etaBuffer: 100,
      });
      this.bar.start(Math.ceil(total / MEBIBYTE), 0);
    }
    this.bar.update(Math.ceil(done / MEBIBYTE));
  };

  /** Takes the bar away. */
  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

/** Runs `work` with a progress bar that is gone afterwards, whatever happens. */
export async function withProgress<T>(
  terminal: Terminal,
  doing: string,
  work: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(terminal, doing);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
