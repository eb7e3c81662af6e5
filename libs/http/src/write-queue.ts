/** Once this many are held they are written although the turn goes on: what a client waits for has a bound, however many speak at once. */
const MAX_HELD = 64;

/**
 * Holds answers back until the end of this turn of the event loop and then writes them one behind the other, as Redis answers its clients before it sleeps.
 *
 * Each write wakes up a client that waits for it, and one that runs at once takes the processor, or the other core's time, from requests that are here already. One answer alone
 * leaves in the same turn as it would have without the queue: nothing waits for a timer (docs/adr/0012).
 */
export class WriteQueue<Answer> {
  private held: Answer[] = [];
  private scheduled = false;

  /** @param write called for each answer, in the order in which they were added; must not throw */
  constructor(private readonly write: (answer: Answer) => void) {}

  add(answer: Answer): void {
    this.held.push(answer);
    if (this.held.length >= MAX_HELD) {
      this.flush();
    } else if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(this.endTurn);
    }
  }

  /** Writes what is held now, ahead of the turn's end. */
  flush(): void {
    const { held } = this;
    if (held.length === 0) return;
    // What a write brings with it, such as the next request of its connection, is held anew.
    this.held = [];
    for (const answer of held) this.write(answer);
  }

  private readonly endTurn = (): void => {
    this.scheduled = false;
    this.flush();
  };
}
