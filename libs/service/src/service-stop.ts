/** The end of a service, from SIGTERM on: who wants to know of it, and how it is done. */
export class ServiceStop {
  private readonly listeners: (() => void)[] = [];
  private closing: (() => Promise<void>) | undefined;
  private atEnd: (() => Promise<void>) | undefined;
  private begun = false;

  /** Whether the service is being stopped: it is not ready any more. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /** Calls `listener` as soon as the stop begins, before anything is closed. */
  onBegin(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Says how everything that is open is closed: requests in progress are answered first. */
  closeWith(close: () => Promise<void>): void {
    this.closing = close;
  }

  /** Says what is done at the very end, when everything is closed, whether that went well or not. */
  endWith(atEnd: () => Promise<void>): void {
    this.atEnd = atEnd;
  }

  /** Tells everybody who wants to know. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const listener of this.listeners) listener();
  }

  /** Closes what is open, if anything is. */
  async close(): Promise<void> {
    this.begin();
    try {
      await this.closing?.();
    } finally {
      await this.atEnd?.();
    }
  }
}
