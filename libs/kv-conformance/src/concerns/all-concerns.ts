import type { Concern } from '../conformance-case.js';
import { concurrency } from './concurrency.js';
import { durability } from './durability.js';
import { expiry } from './expiry.js';
import { increments } from './increments.js';
import { listing } from './listing.js';
import { loading } from './loading.js';
import { nastyData } from './nasty-data.js';
import { readingAndWriting } from './reading-and-writing.js';
import { revisions } from './revisions.js';
import { sharing } from './sharing.js';
import { snapshots } from './snapshots.js';
import { stats } from './stats.js';
import { sweeping } from './sweeping.js';
import { transactions } from './transactions.js';
import { validation } from './validation.js';

/** The whole suite but its random part (`model/check-against-model.ts`). */
export const ALL_CONCERNS: readonly Concern[] = [
  readingAndWriting,
  expiry,
  sweeping,
  listing,
  transactions,
  increments,
  revisions,
  concurrency,
  durability,
  sharing,
  validation,
  nastyData,
  stats,
  snapshots,
  loading,
];
