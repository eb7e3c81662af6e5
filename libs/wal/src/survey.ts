import { LineDecoder } from './decoder.js';
import type { LogDamage } from './errors.js';
import type { LogFile } from './file-system.js';
import { ForeignLineReader } from './foreign.js';
import { endOfLines } from './preallocation.js';
import type { LogRecord, LogVisitor } from './record.js';
import { isBlank, LogReplay } from './replay.js';
import { scanLines, type LineEnd, type LineSink, type ScanOptions } from './scanner.js';

/** Where a line stands in its file. */
export interface LinePlace {
  /** Its number, from 1. */
  readonly line: number;
  /** Offset of its first byte. */
  readonly offset: number;
  /** Whether another program wrote it. */
  readonly foreign: boolean;
}

/** Gets one line of a log; the record is good only during the call. A foreign line's `seq` is its position among them. */
export type LineVisitor = (record: Readonly<LogRecord>, place: LinePlace) => void;

/**
 * Gives every line of the good beginning of a log as it stands, seals and the lines of a transaction that is not whole included: for people who look at a log. What the damage means is for
 * `readLog` to say. Changes nothing.
 *
 * @returns where the good beginning ends; undefined if it is the whole file
 */
export async function surveyLog(
  file: Pick<LogFile, 'read' | 'size'>,
  visit: LineVisitor,
  options: ScanOptions = {},
): Promise<LogDamage | undefined> {
  const survey = new Survey(visit);
  await scanLines(file, await endOfLines(file), survey, options);
  return survey.damage;
}

const NOBODY: LogVisitor = { set: () => undefined, delete: () => undefined };

/** `LogReplay` says whether a line may stand where it does, but gives whole transactions only: the line itself is decoded once more here. */
class Survey implements LineSink {
  damage: LogDamage | undefined;
  private readonly replay = new LogReplay(NOBODY);
  private readonly decoder = new LineDecoder();
  private readonly foreignReader = new ForeignLineReader();
  private lineNumber = 0;

  constructor(private readonly visit: LineVisitor) {}

  line(bytes: Buffer, start: number, end: number, offset: number, ending: LineEnd): boolean {
    const { replay, decoder, foreignReader } = this;
    const line = ++this.lineNumber;
    const reason = replay.accept(bytes, start, end, offset, line, ending);
    if (reason !== undefined) {
      this.damage = { offset, line, reason };
      return false;
    }
    if (!replay.beforeOwnLines) {
      decoder.decode(bytes, start, end);
      this.visit(decoder.record, { line, offset, foreign: false });
    } else if (!isBlank(bytes, start, end)) {
      foreignReader.read(bytes, start, end);
      foreignReader.record.seq = replay.foreign;
      this.visit(foreignReader.record, { line, offset, foreign: true });
    }
    return true;
  }
}
