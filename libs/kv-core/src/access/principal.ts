import type { Rights } from './rights.js';

/** A caller who has shown who it is. */
export class Principal {
  constructor(
    /** Short, unique and stable, for logs and to count requests by; nothing secret. */
    readonly name: string,
    readonly rights: Rights,
  ) {}
}
