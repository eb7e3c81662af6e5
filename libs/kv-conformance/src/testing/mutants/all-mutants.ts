import { KEEPING_MUTANTS } from './keeping.js';
import type { Mutant } from './mutant.js';
import { READING_MUTANTS } from './reading.js';
import { WRITING_MUTANTS } from './writing.js';

/** Every mistake here was made by some store once. */
export const MUTANTS: readonly Mutant[] = [...READING_MUTANTS, ...WRITING_MUTANTS, ...KEEPING_MUTANTS];
