import { STEP } from './folders.mjs';
import { OPEN } from './guard.mjs';
import { API, rawRequest } from './requests.mjs';

/** Reads one of `keys` small values after the other until a promise is kept; gives how long each answer took, in milliseconds. */
export async function waitsDuring(client, keys, during, guard = OPEN) {
  let over = false;
  const done = during.finally(() => (over = true));
  const waits = [];
  for (let i = 0; !over; i++) {
    const begin = performance.now();
    const status = await client.send(rawRequest(guard.request(API.kv.get((i * STEP) % keys), i)));
    if (status !== 200) throw new Error(`a read was answered with ${status}`);
    waits.push(performance.now() - begin);
  }
  await done;
  return waits;
}
