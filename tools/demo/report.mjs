/** What the demo shows while it works, and at its end. */
import { Presets, SingleBar } from 'cli-progress';

const NAME_WIDTH = 34;
/** Without a terminal: a line each time this share of a step is done. */
const SHARE_PER_LINE = 0.25;

const grouped = (number) => number.toLocaleString('en-US');

/** @typedef {{ name: string, count: number, unit: string, ms: number }} Step a step that is done */

/** Takes down the steps, and shows how far each is: a bar on a terminal, lines elsewhere. */
export class Report {
  /** @type {Step[]} */
  #steps = [];

  /**
   * Times a step.
   *
   * @param {string} name for the table
   * @param {number} total how many things it does
   * @param {string} unit what those are
   * @param {(advance: (count?: number) => void) => Promise<unknown>} work calls `advance` for what is done
   */
  async step(name, total, unit, work) {
    const startedAt = performance.now();
    const progress = process.stdout.isTTY ? new Bar(name, total) : new Lines(name, total);
    try {
      await work((count = 1) => progress.advance(count));
    } finally {
      progress.stop();
    }
    this.#steps.push({ name, count: total, unit, ms: performance.now() - startedAt });
  }

  /** The steps as a table: what, how many, how long, how many a second. */
  table() {
    const rows = this.#steps.map(({ name, count, unit, ms }) => [
      name,
      `${grouped(count)} ${unit}`,
      `${(ms / 1000).toFixed(2)} s`,
      count === 1 ? '' : `${grouped(Math.round((count / ms) * 1000))}/s`,
    ]);
    const all = [['step', 'count', 'time', 'rate'], ...rows];
    const widths = all[0].map((_, column) => Math.max(...all.map((cells) => cells[column].length)));
    const line = (cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join('  ')
        .trimEnd();
    const [head, ...body] = all.map(line);
    return [head, '-'.repeat(head.length), ...body].join('\n');
  }
}

class Bar {
  #bar;

  constructor(name, total) {
    const format = `${name.padEnd(NAME_WIDTH)} {bar} {percentage}% | {value}/{total}`;
    this.#bar = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
    this.#bar.start(total, 0);
  }

  advance(count) {
    this.#bar.increment(count);
  }

  stop() {
    this.#bar.stop();
  }
}

class Lines {
  #name;
  #total;
  #done = 0;
  #nextLineAt;

  constructor(name, total) {
    this.#name = name;
    this.#total = total;
    this.#nextLineAt = total * SHARE_PER_LINE;
  }

  advance(count) {
    this.#done += count;
    if (this.#done < this.#nextLineAt) return;
    while (this.#nextLineAt <= this.#done) this.#nextLineAt += this.#total * SHARE_PER_LINE;
    console.log(`${this.#name.padEnd(NAME_WIDTH)} ${grouped(this.#done)} of ${grouped(this.#total)}`);
  }

  stop() {}
}
