/** One event of a service's log, as pino writes it. */
export interface LogLine {
  /** 10 (trace) to 60 (fatal). */
  readonly level: number;
  readonly msg: string;
  readonly [member: string]: unknown;
}

interface Waiter {
  readonly matches: (line: LogLine) => boolean;
  readonly found: (line: LogLine) => void;
}

/** What a service writes to standard output: JSON lines, kept in order, and whatever else comes, for error messages. */
export class LogCollector {
  /** Every JSON line so far. */
  readonly lines: LogLine[] = [];
  private readonly waiters = new Set<Waiter>();
  private unfinished = '';
  private all = '';

  /** Takes the next piece of output; lines may be cut anywhere. */
  add(piece: string): void {
    this.all += piece;
    const lines = (this.unfinished + piece).split('\n');
    this.unfinished = lines.pop() ?? '';
    for (const line of lines) this.addLine(line);
  }

  /** The output as it came. */
  get text(): string {
    return this.all;
  }

  /** The first line that matches, one that is there already or one to come. The promise never fails: race it against the process's end. */
  first(matches: (line: LogLine) => boolean): Promise<LogLine> {
    const there = this.lines.find(matches);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((found) => this.waiters.add({ matches, found }));
  }

  private addLine(text: string): void {
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as LogLine;
    this.lines.push(line);
    for (const waiter of this.waiters) {
      if (!waiter.matches(line)) continue;
      this.waiters.delete(waiter);
      waiter.found(line);
    }
  }
}
