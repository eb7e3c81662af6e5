/** How much of a fault test is run, and from which seed. */
export interface FaultRun {
  readonly seed: number;
  readonly rounds: number;
  /** To be called behind each round: the long form says how far it is. */
  tick(): void;
}

/** Long enough for any full run; short ones end in seconds. */
export const FAULT_TIMEOUT_MS = 4 * 60 * 60 * 1000;

/**
 * Runs a fault test and prints its seed, its count and what it found. `npm test` runs `short` rounds; `npm run faults` runs `full`, or what `--rounds` says, from `--seed` if that is given.
 *
 * @param body gives the figures to print
 * @param name what `npm run faults -- NAME` calls it, and behind a space what tells it from others of that name
 * @throws the test's own error, with the command that repeats the run
 */
export async function checkFaults(
  name: string,
  counts: { readonly short: number; readonly full: number },
  body: (run: FaultRun) => Promise<string>,
): Promise<void> {
  const { FAULTS_SEED: seedText, FAULTS_ROUNDS: roundsText, FAULTS_FULL: full } = process.env;
  const seed = seedText === undefined ? Date.now() % 0x7fffffff : Number(seedText);
  const rounds = roundsText === undefined ? counts[full === undefined ? 'short' : 'full'] : Number(roundsText);
  const startedAt = performance.now();
  let done = 0;
  const tick = (): void => {
    done++;
    const tenth = Math.ceil(rounds / 10);
    if (isFullRun() && rounds >= 10 && done % tenth === 0)
      process.stdout.write(`  ${name}: ${done} of ${rounds} rounds\n`);
  };
  try {
    const figures = await body({ seed, rounds, tick });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`faults ${name}: seed ${seed}, ${rounds} rounds, ${seconds} s: ${figures}\n`);
  } catch (error) {
    const replay = `npm run faults -- ${name.split(' ')[0]} --seed ${seed} --rounds ${rounds}`;
    throw new Error(`${error instanceof Error ? error.message : String(error)}\nTo repeat it: ${replay}`, {
      cause: error,
    });
  }
}

/** Whether this is the long form. */
export function isFullRun(): boolean {
  return process.env['FAULTS_FULL'] !== undefined;
}
