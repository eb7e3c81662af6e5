/** The middle one, or the lower of the two in the middle. */
export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];
}

/** The value that a share (0 to 1) of the numbers does not exceed. */
export function percentile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))];
}

/** Median, least and most, as results hold them. */
export function spread(numbers) {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** One ratio a round: what was measured side by side is compared, not medians of different minutes. */
export function ratios(numerators, denominators) {
  return numerators.map((numerator, round) => numerator / denominators[round]);
}
