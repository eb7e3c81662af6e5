let second = NaN;
let text = '';

/** The `Date` of an answer that leaves now (RFC 9110 section 5.6.7). */
export function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
