import { keysRequests } from '@kvasir/client';
import { holds, isDone } from './expectations.js';
import type { Workflow } from './workflow.js';

/** An overwritten key holds the new value (docs/contracts/keys.md). */
export const overwrite: Workflow = {
  name: 'overwrite',
  summary: 'Store a value, read it, overwrite it, and read the new one',
  plan: (scratch) => {
    const key = scratch.key();
    const original = scratch.valueText();
    const changed = scratch.valueText();
    return {
      steps: [
        { name: 'store_original', request: keysRequests.post(key, original), expect: isDone(201) },
        { name: 'retrieve_original', request: keysRequests.get(key), expect: holds(key, original, 'Value mismatch') },
        { name: 'overwrite', request: keysRequests.put(key, changed), expect: isDone(200) },
        { name: 'verify_new', request: keysRequests.get(key), expect: holds(key, changed, 'New value mismatch') },
      ],
      keys: [key],
      leaves: [key],
    };
  },
};
