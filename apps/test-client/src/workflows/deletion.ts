import { keysRequests } from '@kvasir/client';
import { holds, isDone, isGone } from './expectations.js';
import type { Workflow } from './workflow.js';

/** A deleted key is gone (docs/contracts/keys.md). */
export const deletion: Workflow = {
  name: 'deletion',
  summary: 'Store a value, read it, delete it, and find it gone',
  plan: (scratch) => {
    const key = scratch.key();
    const value = scratch.valueText();
    return {
      steps: [
        { name: 'store', request: keysRequests.post(key, value), expect: isDone(201) },
        { name: 'retrieve', request: keysRequests.get(key), expect: holds(key, value, 'Value mismatch') },
        { name: 'delete', request: keysRequests.delete(key), expect: isDone(200) },
        { name: 'verify_deletion', request: keysRequests.get(key), expect: isGone('Key still exists') },
      ],
      keys: [key],
      leaves: [],
    };
  },
};
