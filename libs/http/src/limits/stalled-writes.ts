import type { Socket } from 'node:net';

/** What is looked at of a connection. */
interface Watched {
  /** Bytes that the system had taken when it was last seen to take any. */
  taken: number;
  /** When that was, in milliseconds. */
  since: number;
}

/** How long, and how much of them, answers may wait for clients that do not read. */
export interface StalledWritesOptions {
  /** Milliseconds without the client taking a byte of its answer. */
  readonly stallMs: number;
  /** The most bytes that wait on all connections together; past it those go first that have not moved for the longest time. */
  readonly maxWaitingBytes: number;
  /** Milliseconds, never running backwards. */
  readonly now: () => number;
}

/**
 * Cuts connections whose clients do not read. Node's own timeout of a socket does not: it starts again with each byte that the client sends, and it knows nothing of how much waits on all
 * connections together.
 */
export class StalledWrites {
  private readonly watched = new WeakMap<Socket, Watched>();

  constructor(
    private readonly sockets: ReadonlySet<Socket>,
    private readonly options: StalledWritesOptions,
  ) {}

  /** Looks at every connection. To be called every now and then. */
  check(): void {
    const now = this.options.now();
    const stalled: { readonly socket: Socket; readonly since: number }[] = [];
    let waiting = 0;
    for (const socket of this.sockets) {
      if (socket.writableLength === 0) continue;
      const since = this.stalledSince(socket, now);
      if (now - since >= this.options.stallMs) {
        socket.destroy();
        continue;
      }
      waiting += socket.writableLength;
      if (since < now) stalled.push({ socket, since });
    }
    if (waiting > this.options.maxWaitingBytes) this.cutOldest(stalled, waiting);
  }

  private stalledSince(socket: Socket, now: number): number {
    const taken = bytesTaken(socket);
    const known = this.watched.get(socket);
    if (known === undefined) {
      this.watched.set(socket, { taken, since: now });
      return now;
    }
    if (known.taken !== taken) {
      known.taken = taken;
      known.since = now;
    }
    return known.since;
  }

  private cutOldest(stalled: { readonly socket: Socket; readonly since: number }[], waiting: number): void {
    stalled.sort((a, b) => a.since - b.since);
    let left = waiting;
    for (const { socket } of stalled) {
      if (left <= this.options.maxWaitingBytes) return;
      left -= socket.writableLength;
      socket.destroy();
    }
  }
}

/** What Node's sockets know of a write that is under way; `writableLength` counts a write as a whole until its last byte is gone. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/** Grows with each byte of an answer that the system takes from us. */
function bytesTaken(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  return handle?.bytesWritten === undefined || handle.writeQueueSize === undefined
    ? socket.bytesWritten - socket.writableLength
    : handle.bytesWritten - handle.writeQueueSize;
}
