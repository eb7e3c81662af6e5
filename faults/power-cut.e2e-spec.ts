import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FsyncPolicy } from '@kvasir/engine-wal';
import type { Preallocation } from '@kvasir/wal';
import fc from 'fast-check';
import { FAULT_TIMEOUT_MS, checkFaults } from './testing/fault-run.js';
import { Random } from './testing/random.js';
import { ScriptedStore } from './testing/scripted-store.js';
import { SimulatedDisk } from './testing/simulated-disk.js';

/** What a log takes ahead is spaces. */
const BLANK = 0x20;

describe('power-cut', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'kvasir-power-cut-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it(
    'keeps every acknowledged write, and atomic transactions whole, when the power goes at any call to the disk',
    () =>
      checkFaults('power-cut', { short: 60, full: 20_000 }, async ({ seed, rounds, tick }) => {
        let cuts = 0;
        let checked = 0;
        let withSpace = 0;
        const log = join(directory, 'wal.log');
        const property = powerCuts(directory, (scripted, before) => {
          cuts++;
          if (before.bytesOf(log).at(-1) === BLANK) withSpace++;
          checked += scripted.model.revision;
        });
        await fc.assert(property, { seed, numRuns: rounds, plugins: [fc.afterEach(tick)] });
        expect(withSpace).toBeGreaterThan(0);
        return `${cuts} power cuts, ${withSpace} of them with space taken ahead, ${checked} revisions compared, nothing lost or half done`;
      }),
    FAULT_TIMEOUT_MS,
  );

  it('would notice a disk that says that it has synced and has not', async () => {
    const property = powerCuts(
      directory,
      () => undefined,
      () => new SimulatedDisk(true, true),
    );
    await expect(fc.assert(property, { seed: 1, numRuns: 100, endOnFailure: true })).rejects.toThrow('Property failed');
  });
});

/** One life of a store. */
interface Life {
  /** May change from one to the next. */
  readonly fsync: FsyncPolicy;
  readonly preallocation: Preallocation;
  /** The power goes at so many calls to the disk from its start. */
  readonly call: number;
  /** Whether all that was not synced is lost, or a random part of it. */
  readonly forgetful: boolean;
}

/** Lives that each end in a power cut; `onChecked` is called after each start behind one, when the store was compared with the model, with the disk as it was before the cut. */
function powerCuts(
  directory: string,
  onChecked: (scripted: ScriptedStore, before: SimulatedDisk) => void,
  newDisk = (oneCall: boolean) => new SimulatedDisk(oneCall),
): fc.IAsyncProperty<[number, boolean, Life[]]> {
  const life = fc.record({
    fsync: fc.constantFrom<FsyncPolicy>('always', 'always', 'everysec', 'never'),
    preallocation: fc.record({ bytes: fc.constantFrom(0, 8000, 30_000, 60_000), after: fc.constantFrom(0, 300) }),
    call: fc.integer({ min: 1, max: 60 }),
    forgetful: fc.boolean(),
  });
  const someLives = fc.array(life, { minLength: 1, maxLength: 5 });
  return fc.asyncProperty(fc.integer(), fc.boolean(), someLives, async (choices, oneCall, lives) => {
    const random = new Random(choices);
    const scripted = new ScriptedStore(newDisk(oneCall), directory, random);
    try {
      for (const { fsync, preallocation, call, forgetful } of lives) {
        scripted.fsync = fsync;
        scripted.preallocation = preallocation;
        await liveUntil(scripted, call);
        const { disk: before } = scripted;
        await scripted.crash((disk) => disk.afterPowerCut(forgetful ? undefined : random));
        if (!(await scripted.open())) throw new Error('the store does not start');
        onChecked(scripted, before);
      }
    } finally {
      await scripted.crash((disk) => disk.restarted());
    }
  });
}

/** Writes, and now and then stops and starts, until the power goes at the disk's `call`th call from here. */
async function liveUntil(scripted: ScriptedStore, call: number): Promise<void> {
  const { disk } = scripted;
  const last = disk.calls.length + call;
  disk.onCall = ({ number }) => (number >= last ? 'power cut' : undefined);
  for (let burst = 1; !disk.isOff; burst++) {
    if (!scripted.isOpen && !(await scripted.open())) return;
    await scripted.burst();
    if (burst % 6 === 3 && scripted.failure === undefined && !disk.isOff) await scripted.compactBesideWrites();
    if (burst % 6 === 0) await scripted.close();
  }
}
