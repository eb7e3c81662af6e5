import { LineDecoder } from './decoder.js';
import type { LogFile } from './file-system.js';
import { ForeignLineReader } from './foreign.js';
import { ANY_HEAD } from './line-syntax.js';
import { endOfLines } from './preallocation.js';
import type { LogRecord } from './record.js';
import { isBlank } from './replay.js';
import { scanLines, type LineEnd, type LineSink, type ScanOptions } from './scanner.js';

/** In one damaged line at most so many parts are tried: a value may hold any number of texts that look like a line's start. */
const MAX_TRIES = 1000;

/** Lines of a damaged log that stand one behind the other and can not be kept. */
export interface DroppedLines {
  /** Number of the first, from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
  /** Offset of the first one's first byte. */
  readonly offset: number;
  /** From there to the end of the last one, its newline included. */
  readonly bytes: number;
  /** Why the first of them is dropped, as the end of the sentence "the line …". */
  readonly reason: string;
}

/** What salvaging a log finds, in the order of the file. */
export interface SalvageSink {
  /** A data line that can be kept; good only during the call. A foreign one has its position among the readable ones as its `seq`. */
  keep(record: Readonly<LogRecord>): void;
  /** Lines that can not. */
  drop(lines: DroppedLines): void;
  /** Revisions that were given out and are in no line that is kept. */
  missing(firstSeq: number, lastSeq: number): void;
}

/** What a damaged log still holds. */
export interface Salvaged {
  /** Data lines that were kept. */
  readonly kept: number;
  /** Runs of lines that were dropped. */
  readonly drops: number;
  /** The last revision that any valid line names. */
  readonly lastSeq: number;
  /** The latest timestamp of all valid lines in milliseconds of Unix time; 0 if there are none. */
  readonly lastTimestamp: number;
}

/**
 * Reads a log past its damage: each line that is valid by its own checksum is kept, wherever it stands. Dropped are damaged lines, a transaction with lines missing (whole), and a line of ours
 * whose revision is not above those before it (a line that is in the file twice). Of a line that lost its newline, or got bytes put before it, the valid parts are kept. Foreign lines have no
 * checksum: the readable ones are kept, as long as no line of ours came before. Changes nothing.
 */
export async function salvageLog(
  file: Pick<LogFile, 'read' | 'size'>,
  sink: SalvageSink,
  options: ScanOptions = {},
): Promise<Salvaged> {
  const size = await endOfLines(file);
  const salvage = new Salvage(sink);
  await scanLines(file, size, salvage, options);
  return salvage.finish(size);
}

interface OpenDrop {
  readonly firstLine: number;
  lastLine: number;
  readonly offset: number;
  readonly reason: string;
  /** Behind the last line; undefined if that was too long to keep, and ends where the next one begins. */
  endOffset: number | undefined;
}

interface HeldTransaction {
  readonly records: LogRecord[];
  readonly firstLine: number;
  lastLine: number;
  readonly offset: number;
  endOffset: number;
}

class Salvage implements LineSink {
  private readonly decoder = new LineDecoder();
  private readonly foreignReader = new ForeignLineReader();
  private lineNumber = 0;
  /** Offset behind the line under way and its newline. */
  private lineEnd = 0;
  private foreignLines = 0;
  private oursSeen = false;
  /** The last revision that a line of ours, a seal or the foreign lines before them named; undefined while a compacted part's seal is still to come. */
  private lastOwnSeq: number | undefined = 0;
  private highestSeq = 0;
  private lastTimestamp = 0;
  private kept = 0;
  private drops = 0;
  /** Lines that are being dropped, until the next one that is not. */
  private dropping: OpenDrop | undefined;
  private held: HeldTransaction | undefined;

  constructor(private readonly sink: SalvageSink) {}

  line(bytes: Buffer, start: number, end: number, offset: number, ending: LineEnd): boolean {
    this.lineNumber++;
    this.lineEnd = offset + end - start + (ending === 'newline' ? 1 : 0);
    if (ending === 'too-long') {
      this.lose(offset, 'is longer than a line of the log may be');
      this.dropping!.endOffset = undefined;
      return true;
    }
    const problem = this.takeWhole(bytes, start, end, offset);
    if (problem === undefined) return true;
    // Where the file ends in the midst of a line, what looks like a line there may be a value's.
    const isUnfinished = ending === 'end-of-file';
    if (isUnfinished || !this.takeParts(bytes, start, end, offset)) this.lose(offset, problem);
    return true;
  }

  finish(size: number): Salvaged {
    this.dropUnfinished();
    this.endDrop(size);
    const { kept, drops, highestSeq: lastSeq, lastTimestamp } = this;
    return { kept, drops, lastSeq, lastTimestamp };
  }

  /** Takes a line as it stands; gives why it can't be. */
  private takeWhole(bytes: Buffer, start: number, end: number, offset: number): string | undefined {
    const { decoder, foreignReader } = this;
    const problem = decoder.decode(bytes, start, end);
    if (problem === undefined) {
      this.take(decoder.record, offset);
      return undefined;
    }
    if (this.oursSeen || decoder.endsInCrc(bytes, start, end)) return problem;
    if (isBlank(bytes, start, end)) return undefined;
    const foreignProblem = foreignReader.read(bytes, start, end);
    if (foreignProblem !== undefined) return foreignProblem;
    const { record } = foreignReader;
    record.seq = ++this.foreignLines;
    this.lastOwnSeq = record.seq;
    this.keep(record, offset);
    return undefined;
  }

  /** Takes the valid lines of ours inside a damaged one. True if they are all of it. */
  private takeParts(bytes: Buffer, start: number, end: number, offset: number): boolean {
    const line = bytes.subarray(start, end);
    const starts: number[] = [];
    for (let at = line.indexOf(ANY_HEAD); at >= 0; at = line.indexOf(ANY_HEAD, at + 1)) starts.push(at);
    let from = 0;
    let covered = 0;
    let tries = MAX_TRIES;
    while (from < starts.length) {
      let to = from + 1;
      while (to <= starts.length && tries-- > 0) {
        const partEnd = starts[to] ?? line.length;
        if (this.decoder.decode(line, starts[from]!, partEnd) === undefined) {
          this.take(this.decoder.record, offset);
          covered += partEnd - starts[from]!;
          break;
        }
        to++;
      }
      from = to <= starts.length && tries > 0 ? to : from + 1;
      if (tries <= 0) break;
    }
    return covered === line.length;
  }

  private take(record: LogRecord, offset: number): void {
    this.oursSeen = true;
    if (record.timestamp > this.lastTimestamp) this.lastTimestamp = record.timestamp;
    if (record.kind === 'seal') {
      this.dropUnfinished();
      this.endDrop(offset);
      this.expectSeq(record.seq + 1);
      this.advanceTo(record.seq);
    } else if (record.group === 0) {
      this.dropUnfinished();
      this.highestSeq = Math.max(this.highestSeq, record.seq);
      this.lastOwnSeq = undefined;
      this.keep(record, offset);
    } else {
      this.takeOwn(record, offset);
    }
  }

  private takeOwn(record: LogRecord, offset: number): void {
    const { seq, txnIndex, txnLength } = record;
    const { held } = this;
    const last = held?.records.at(-1);
    const continues = last !== undefined && txnIndex === last.txnIndex + 1 && seq === last.seq + 1;
    if (held !== undefined && !(continues && txnLength === last?.txnLength)) this.dropUnfinished();
    if (seq <= (this.lastOwnSeq ?? 0)) {
      this.lose(offset, `has seq ${seq}, but ${this.lastOwnSeq} is before it`);
      return;
    }
    if (txnLength === 0) {
      this.endDrop(offset);
      this.expectSeq(seq);
      this.advanceTo(seq);
      this.keep(record, offset);
      return;
    }
    if (this.held === undefined && txnIndex !== 1) {
      this.lose(offset, `is line ${txnIndex} of a transaction whose line before it is missing`);
      return;
    }
    this.endDrop(offset);
    this.held ??= { records: [], firstLine: this.lineNumber, lastLine: this.lineNumber, offset, endOffset: 0 };
    this.held.records.push({ ...record });
    this.held.lastLine = this.lineNumber;
    this.held.endOffset = this.lineEnd;
    if (txnIndex < txnLength) return;
    const { records } = this.held;
    this.held = undefined;
    this.expectSeq(records[0]!.seq);
    this.advanceTo(seq);
    for (const whole of records) this.keep(whole, offset);
  }

  private keep(record: LogRecord, offset: number): void {
    this.endDrop(offset);
    if (record.timestamp > this.lastTimestamp) this.lastTimestamp = record.timestamp;
    this.highestSeq = Math.max(this.highestSeq, record.seq);
    this.kept++;
    this.sink.keep(record);
  }

  /** The next data line should have had this seq: says so if lines before it are missing. */
  private expectSeq(seq: number): void {
    if (this.lastOwnSeq !== undefined && seq > this.lastOwnSeq + 1) this.sink.missing(this.lastOwnSeq + 1, seq - 1);
  }

  private advanceTo(seq: number): void {
    this.lastOwnSeq = Math.max(this.lastOwnSeq ?? 0, seq);
    this.highestSeq = Math.max(this.highestSeq, seq);
  }

  private lose(offset: number, reason: string): void {
    const line = this.lineNumber;
    if (this.dropping?.lastLine === line) return;
    this.dropping ??= { firstLine: line, lastLine: line, offset, reason, endOffset: 0 };
    this.dropping.lastLine = line;
    this.dropping.endOffset = this.lineEnd;
  }

  /** @param nextOffset where the line begins that is not dropped any more */
  private endDrop(nextOffset: number): void {
    const { dropping } = this;
    if (dropping === undefined) return;
    this.dropping = undefined;
    const { firstLine, lastLine, offset, reason, endOffset = nextOffset } = dropping;
    this.drops++;
    this.sink.drop({ firstLine, lastLine, offset, bytes: endOffset - offset, reason });
  }

  private dropUnfinished(): void {
    const { held } = this;
    if (held === undefined) return;
    this.held = undefined;
    const { records, firstLine, lastLine, offset, endOffset } = held;
    const reason = `belongs to a transaction of ${records[0]!.txnLength} lines of which only ${records.length} are there`;
    this.drops++;
    this.sink.drop({ firstLine, lastLine, offset, bytes: endOffset - offset, reason });
  }
}
