/**
 * The promise's result, unless it takes too long.
 *
 * @param ms the deadline, in milliseconds from now
 * @param late says what did not happen in time
 * @throws Error when the deadline passes first, and whatever the promise fails with
 */
export async function within<T>(ms: number, promise: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${late()} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
