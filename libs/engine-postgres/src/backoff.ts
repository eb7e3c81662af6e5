import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 5;
const LONGEST_MS = 200;

/** Waits before a retry: longer each time, at random, so that those who were in each other's way part. `attempt` counts from 1. */
export async function backOff(attempt: number): Promise<void> {
  await sleep(Math.random() * Math.min(FIRST_MS * 2 ** attempt, LONGEST_MS));
}
