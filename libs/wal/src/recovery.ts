import { LineDecoder, WRONG_CHECKSUM } from './decoder.js';
import { LogCorruptError, type LogDamage } from './errors.js';
import type { LogFile } from './file-system.js';
import { ANY_HEAD, SEAL_HEAD } from './line-syntax.js';
import { endOfLines } from './preallocation.js';
import type { LogVisitor } from './record.js';
import { isBlank, LogReplay, type CutPoint } from './replay.js';
import { scanLines, type LineEnd, type LineSink, type ScanOptions } from './scanner.js';
import { TrailerReader } from './trailer.js';

/** How many bytes may be checksummed in search of lines that lost their newline, before a file is refused because it can't be told. */
const SEARCH_BUDGET_BYTES = 256 * 1024 * 1024;

/** A log's last group that was being written when the power went: nothing that was promised is in it. */
export interface TornTail extends LogDamage {
  /** Where the file is to be cut: the damaged line, or the start of the transaction that it leaves unfinished. */
  readonly cutOffset: number;
  /** How many bytes go. */
  readonly cutBytes: number;
}

/** What is in a log, as found by reading it. */
export interface LogContents {
  /** Bytes of the good part, from the start of the file. */
  readonly bytes: number;
  /** Blank bytes behind the last line, at the end of the file: as a rule a writer took them ahead and was killed. */
  readonly blankBytes: number;
  /** Data lines that were replayed. */
  readonly lines: number;
  /** How many of them another program wrote. */
  readonly foreignLines: number;
  /** The last revision given out; 0 if none was. */
  readonly lastSeq: number;
  /** The latest timestamp of all lines in milliseconds of Unix time; 0 if there are none. */
  readonly lastTimestamp: number;
  /** Whether the log ends with a seal: it was stopped cleanly. */
  readonly sealed: boolean;
  /** Whether a line of ours is in it. Until then a damaged first group could be taken for another program's. */
  readonly hasOwnLines: boolean;
  /** Whether the last line lacks its newline, which must be written before the next line. */
  readonly newlineOwed: boolean;
  /** Undefined for a clean end. */
  readonly tornTail: TornTail | undefined;
}

/**
 * Reads a whole log, gives its whole transactions to `visitor` in order, and says how it ends. Changes nothing.
 *
 * @param path only for the error's text
 * @throws LogCorruptError by the rules of `docs/wal-format.md`, "Recovery"; the visitor may have had lines by then
 */
export async function readLog(
  file: LogFile,
  path: string,
  visitor: LogVisitor,
  options: ScanOptions = {},
): Promise<LogContents> {
  const fileSize = await file.size();
  const size = await endOfLines(file, fileSize);
  const recovery = new Recovery(path, visitor);
  await scanLines(file, size, recovery, options);
  return { ...recovery.finish(size), blankBytes: fileSize - size };
}

/** Replays lines until one is damaged, then looks for anything that shows that more than a torn tail is lost. */
class Recovery implements LineSink {
  private readonly replay: LogReplay;
  private readonly decoder = new LineDecoder();
  private readonly trailer = new TrailerReader();
  private lineNumber = 0;
  /** Where the line before the one that is being looked at starts. */
  private previousOffset = 0;
  private damage: LogDamage | undefined;
  private cut: CutPoint | undefined;
  /** In a part that may be another program's: whether a line was seen that can only be ours. */
  private oursForSure = false;
  /** In such a part: whether there is anything behind the damaged line. */
  private moreBehind = false;
  private searchBudget = SEARCH_BUDGET_BYTES;

  constructor(
    private readonly path: string,
    visitor: LogVisitor,
  ) {
    this.replay = new LogReplay(visitor);
  }

  lines(_bytes: Buffer, start: number, ends: readonly number[]): void {
    if (this.damage === undefined) this.replay.expect(start, ends);
  }

  releaseBytes(): void {
    this.replay.releaseBytes();
  }

  line(bytes: Buffer, start: number, end: number, offset: number, ending: LineEnd): boolean {
    this.lineNumber++;
    if (this.damage === undefined) {
      const reason = this.replay.accept(bytes, start, end, offset, this.lineNumber, ending);
      if (reason === undefined) {
        this.previousOffset = offset;
        return true;
      }
      this.damage = this.splitLine(bytes, start, end, offset) ?? { offset, line: this.lineNumber, reason };
      this.cut = this.replay.cutPoint(this.damage.offset, this.damage.line);
      if (this.replay.inCompactedPart) {
        throw this.corrupt('it is part of what compaction wrote, which was synced before it was put in place');
      }
    } else if (!isBlank(bytes, start, end) || ending === 'too-long') {
      this.moreBehind = true;
    }
    if (ending === 'newline') this.weigh(bytes, start, end, this.cut!.seq);
    return true;
  }

  /**
   * A line of ours whose first byte has become a newline is an empty line, which another program's log may hold, and a headless one: the damage is where the empty one is.
   */
  private splitLine(bytes: Buffer, start: number, end: number, offset: number): LogDamage | undefined {
    const { replay, decoder, previousOffset } = this;
    if (!replay.beforeOwnLines || offset - previousOffset !== 1 || !decoder.endsInCrc(bytes, start, end))
      return undefined;
    return { offset: previousOffset, line: this.lineNumber - 1, reason: 'is empty, and the rest of a line follows it' };
  }

  /** @param size where the lines end */
  finish(size: number): Omit<LogContents, 'blankBytes'> {
    const { replay } = this;
    if (this.damage === undefined && replay.inCompactedPart) {
      this.damage = {
        offset: size,
        line: this.lineNumber + 1,
        reason: 'should be the seal of the compacted part, but the file ends',
      };
      throw this.corrupt('what compaction wrote was synced before it was put in place');
    }
    if (this.damage !== undefined && replay.beforeOwnLines && this.moreBehind && !this.oursForSure) {
      throw this.corrupt('more follows: in a log that another program wrote only the last line can be a torn one');
    }
    if (this.damage === undefined && replay.inTransaction) {
      this.cut = replay.cutPoint(size, this.lineNumber + 1);
      const { offset, line } = this.cut;
      this.damage = { offset, line, reason: 'begins a transaction whose last lines are missing' };
    }
    const bytes = this.cut?.offset ?? size;
    const tornTail = this.damage && { ...this.damage, cutOffset: bytes, cutBytes: size - bytes };
    return {
      bytes,
      lines: replay.delivered,
      foreignLines: replay.foreign,
      lastSeq: this.cut === undefined ? replay.lastSeq : this.cut.seq - 1,
      lastTimestamp: replay.lastTimestamp,
      sealed: replay.sealed && tornTail === undefined,
      hasOwnLines: replay.hasOwnLines,
      newlineOwed: replay.newlineOwed,
      tornTail,
    };
  }

  /**
   * Looks at a line from the damage on, the damaged one included.
   *
   * @param cutSeq the seq of the first data line that would be cut
   */
  private weigh(bytes: Buffer, start: number, end: number, cutSeq: number): void {
    const { decoder, trailer } = this;
    if (!trailer.readCrc(bytes, start, end)) return;
    if (decoder.decode(bytes, start, end) === undefined) {
      this.weighRecord(cutSeq);
      this.oursForSure = true;
      return;
    }
    // A lost newline leaves the line behind it as the last part of a damaged one, with this trailer if it is no seal.
    const whole = trailer.readMembers();
    // The end of a line of our own first group, if all that stands before it is another program's.
    if (trailer.group === cutSeq) this.oursForSure = true;
    if (!whole) {
      this.searchSeal(bytes, start, end, cutSeq);
      return;
    }
    const { seq, group } = trailer;
    if (evidenceOf(seq, group, cutSeq) !== undefined) this.searchLine(bytes.subarray(start, end), cutSeq);
  }

  private searchSeal(bytes: Buffer, start: number, end: number, cutSeq: number): void {
    const line = bytes.subarray(start, end);
    const at = line.lastIndexOf(SEAL_HEAD);
    if (at > 0 && this.decoder.decode(line, at, line.length) === undefined) this.weighRecord(cutSeq);
  }

  private searchLine(line: Buffer, cutSeq: number): void {
    let at = line.length;
    while (at > 0) {
      at = line.lastIndexOf(ANY_HEAD, at - 1);
      if (at <= 0) return;
      const problem = this.decoder.decode(line, at, line.length);
      if (problem === undefined) {
        this.weighRecord(cutSeq);
        return;
      }
      if (problem === WRONG_CHECKSUM) this.searchBudget -= line.length - at;
      if (this.searchBudget < 0) {
        throw this.corrupt('it has too many parts that look like lines to tell whether one of them is');
      }
    }
  }

  /** Throws if the valid line in the decoder shows that what would be cut was on disk. */
  private weighRecord(cutSeq: number): void {
    const { kind, seq, group } = this.decoder.record;
    if (kind === 'seal') throw this.corrupt('a seal says that what stands before it was on disk');
    const evidence = evidenceOf(seq, group, cutSeq);
    if (evidence !== undefined) throw this.corrupt(evidence);
  }

  private corrupt(evidence: string): LogCorruptError {
    return new LogCorruptError(this.path, this.damage!, evidence);
  }
}

/** What a valid data line at or behind the damage shows about what would be cut: that it was on disk, or nothing. */
function evidenceOf(seq: number, group: number, cutSeq: number): string | undefined {
  if (group === 0) return 'a line that compaction wrote, and synced, is there';
  if (group > cutSeq) return `the line of seq ${seq} was written after all before seq ${group} was on disk`;
  if (group === seq) return `the line of seq ${seq} was written after what stands before it was on disk`;
  return undefined;
}
