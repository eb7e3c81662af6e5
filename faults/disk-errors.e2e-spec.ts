import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FAULT_TIMEOUT_MS, isFullRun, checkFaults } from './testing/fault-run.js';
import { Random } from './testing/random.js';
import { ScriptedStore } from './testing/scripted-store.js';
import { SimulatedDisk, type DiskFault, type DiskOperation } from './testing/simulated-disk.js';

/** What a call can be made to do. A short write is finished by the writer, the others are errors. */
const FAULTS: readonly DiskFault[] = [
  { code: 'EIO' },
  { code: 'EIO', share: 0.5 },
  { code: 'ENOSPC', share: 0.5 },
  { code: 'ENOSPC', share: 1 },
  { share: 0.5 },
];

/** What a write that syncs can be made to do besides: its sync fails, which looks the same to the writer. */
const SYNC_FAULTS: readonly DiskFault[] = [
  { code: 'EIO', share: 1, atSync: true },
  { code: 'ENOSPC', share: 1, atSync: true },
];

/** What happens behind the burst that met the fault: nothing, the process dies, the power goes. */
const ENDINGS = ['goes on', 'killed', 'power cut'] as const;

/** The calls that must be among those that were made to fail, or the script does not reach them. */
const REACHED: readonly DiskOperation[] = [
  'open',
  'read',
  'write',
  'writeDurably',
  'truncate',
  'datasync',
  'sync',
  'syncDirectory',
  'rename',
  'unlink',
];

interface Trial {
  /** The call that fails; 0: none. */
  readonly call: number;
  readonly fault: DiskFault;
  readonly ending: (typeof ENDINGS)[number];
}

describe('disk-errors', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'kvasir-disk-errors-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it(
    'holds what it acknowledged and nothing that it refused, after an error at any one call to the disk',
    () =>
      checkFaults('disk-errors', { short: 1, full: 40 }, async ({ seed, rounds, tick }) => {
        let trials = 0;
        const reached = new Set<DiskOperation>();
        for (let script = 0; script < rounds; script++) {
          for (const oneCall of [true, false]) {
            const play = (trial: Trial): ReturnType<typeof run> => run(directory, seed + script, oneCall, trial);
            const clean = await play({ call: 0, fault: {}, ending: 'goes on' });
            for (const { number, operation } of clean) {
              reached.add(operation);
              for (const trial of trialsAt(number, operation)) {
                await play(trial).catch((error: unknown) => {
                  throw new Error(`${describeTrial(trial, operation)}: ${String(error)}`, { cause: error });
                });
                trials++;
              }
            }
          }
          tick();
        }
        expect([...reached]).toEqual(expect.arrayContaining([...REACHED]));
        return `${trials} errors, one at a time, each followed by a restart; every store held what it should`;
      }),
    FAULT_TIMEOUT_MS,
  );
});

function trialsAt(call: number, operation: DiskOperation): Trial[] {
  const faults = faultsOf(operation);
  // The short form takes them in turn.
  if (!isFullRun()) return faults.map((fault, i) => ({ call, fault, ending: ENDINGS[(call + i) % ENDINGS.length]! }));
  return faults.flatMap((fault) => ENDINGS.map((ending) => ({ call, fault, ending })));
}

function faultsOf(operation: DiskOperation): readonly DiskFault[] {
  if (operation === 'write') return FAULTS;
  if (operation === 'writeDurably') return [...FAULTS, ...SYNC_FAULTS];
  return FAULTS.filter(({ share }) => share === undefined);
}

function describeTrial({ call, fault, ending }: Trial, operation: DiskOperation): string {
  return `call ${call} (${operation}) with ${JSON.stringify(fault)}, then ${ending}`;
}

/**
 * The same script for the same seed, with one call that fails. Gives the calls to the disk.
 *
 * @param oneCall whether the disk's files have one call for a write and its sync
 */
async function run(
  directory: string,
  seed: number,
  oneCall: boolean,
  { call, fault, ending }: Trial,
): Promise<SimulatedDisk['calls']> {
  const random = new Random(seed);
  const scripted = new ScriptedStore(new SimulatedDisk(oneCall), directory, random);
  const calls: SimulatedDisk['calls'] = [];
  let met = false;

  const watch = (): void => {
    scripted.disk.onCall = (next) => {
      calls.push({ ...next, number: calls.length + 1 });
      if (calls.length !== call) return undefined;
      met = true;
      return fault;
    };
  };
  const ended = async (): Promise<void> => {
    const cut = met && ending === 'power cut';
    await scripted.crash((disk) => (cut ? disk.afterPowerCut(random) : disk.restarted()));
    watch();
  };
  const open = async (): Promise<void> => {
    if (await scripted.open()) return;
    await ended();
    // The fault is over: now it must start.
    if (!(await scripted.open())) throw new Error('the store does not start');
  };
  const bursts = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const metBefore = met;
      await scripted.burst();
      if (scripted.failure === undefined && (met === metBefore || ending === 'goes on')) continue;
      await ended();
      await open();
    }
  };

  watch();
  try {
    await open();
    await bursts(3);
    if (!(await scripted.close())) await ended();
    await open();
    await bursts(1);
    // With an error in it, it may end with the log as it was.
    if (!(await scripted.compactBesideWrites()) && !met) throw new Error('the compaction failed without a reason');
    if (scripted.failure !== undefined || (met && ending !== 'goes on')) {
      await ended();
      await open();
    }
    await bursts(2);
    // A last write that was never finished.
    await scripted.crash((disk) => tear(disk, join(directory, 'wal.log')));
    watch();
    await open();
    await bursts(2);
    if (!(await scripted.close())) await ended();
    await open();
  } finally {
    await scripted.crash((disk) => disk.restarted());
  }
  return calls;
}

function tear(disk: SimulatedDisk, path: string): SimulatedDisk {
  const next = disk.restarted();
  next.put(path, Buffer.concat([disk.bytesOf(path), Buffer.from('{"op":"set","key":"torn","val')]));
  return next;
}
