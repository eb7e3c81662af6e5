/** Lets so many go on at once; the others wait until it is their turn. */
export class Turns<Member> {
  private readonly waiting = new Map<Member, () => void>();
  private begun = 0;

  constructor(private readonly atOnce: number) {}

  /** Calls `begin` when there is room, now or later. */
  take(member: Member, begin: () => void): void {
    if (this.begun < this.atOnce) {
      this.begun++;
      begin();
    } else this.waiting.set(member, begin);
  }

  /** To be called once for each that took a turn, whether it was its turn or not. */
  end(member: Member): void {
    if (this.waiting.delete(member)) return;
    const [next] = this.waiting;
    if (next === undefined) {
      this.begun--;
      return;
    }
    const [follower, begin] = next;
    this.waiting.delete(follower);
    begin();
  }
}

/** Lets so many begin in one turn of the event loop; the others begin in later ones, in order. */
export class LoopTurns {
  private waiting: (() => void)[] = [];
  private begun = 0;
  private isScheduled = false;

  /** @param afterTurn called behind a turn in which others have had to wait */
  constructor(
    private readonly inOneTurn: number,
    private readonly afterTurn: () => void,
  ) {}

  /** Calls `begin`, now or in a later turn. */
  take(begin: () => void): void {
    if (this.begun < this.inOneTurn) {
      this.begun++;
      begin();
    } else this.waiting.push(begin);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.next();
    });
  }

  private next(): void {
    const wereFull = this.begun === this.inOneTurn;
    const some = this.waiting.slice(0, this.inOneTurn);
    this.waiting = this.waiting.slice(this.inOneTurn);
    this.begun = some.length;
    for (const begin of some) begin();
    if (wereFull) this.afterTurn();
    if (this.begun > 0) this.schedule();
  }
}
