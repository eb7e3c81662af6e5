import { deletion } from './deletion.js';
import { overwrite } from './overwrite.js';
import type { Workflow } from './workflow.js';

/** Every workflow, in the order in which they are listed and validated. A new one is a file of its own and its name here. */
export const ALL_WORKFLOWS: readonly Workflow[] = [deletion, overwrite];
