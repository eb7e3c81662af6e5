/** A call that waits for the database, until it is answered or its time is over: whichever comes first holds. */
export class PendingCall<Result> {
  readonly promise: Promise<Result>;
  private readonly timer: NodeJS.Timeout;
  private resolvePromise!: (result: Result) => void;
  private rejectPromise!: (error: Error) => void;
  private over = false;

  /**
   * @param timeoutMs milliseconds that it may wait
   * @param onTimeout the error that it then ends with
   */
  constructor(timeoutMs: number, onTimeout: () => Error) {
    this.promise = new Promise((resolve, reject) => {
      this.resolvePromise = resolve;
      this.rejectPromise = reject;
    });
    this.timer = setTimeout(() => this.reject(onTimeout()), timeoutMs);
  }

  /** Whether it has been answered or given up: work for it is then in vain. */
  get settled(): boolean {
    return this.over;
  }

  resolve(result: Result): void {
    this.settle();
    this.resolvePromise(result);
  }

  reject(error: Error): void {
    this.settle();
    this.rejectPromise(error);
  }

  private settle(): void {
    this.over = true;
    clearTimeout(this.timer);
  }
}
