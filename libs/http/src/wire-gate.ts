import type { IncomingHttpHeaders } from 'node:http';
import type { WireRefusal } from './wire-refusal.js';

/** Who sent a request, as far as the gate knows. What else a gate says of a caller is between it and the handlers that read it. */
export interface Caller {
  /** Short and stable, for logs; nothing secret. */
  readonly name: string;
}

/** The caller of every request where there is no gate. */
export const ANYONE: Caller = Object.freeze({ name: 'anyone' });

/**
 * Says whether a request may go on and who its caller is, by its headers alone: asked before its key is decoded, its body read or its handler called, and whether or not there is a
 * route for it. Handlers find the caller in their request.
 *
 * @param path raw, starting with a slash
 * @param headers names in lower case
 * @returns the caller, or the refusal to answer the request with
 */
export type WireGate = (method: string, path: string, headers: IncomingHttpHeaders) => WireRefusal | Caller;
