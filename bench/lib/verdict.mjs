/** What became of a figure: `ok`, `missed`, or nothing when nothing was promised. */
export function verdictOf({ better = 'more', bound }, value) {
  if (bound === undefined) return '';
  return (better === 'more' ? value >= bound : value <= bound) ? 'ok' : 'missed';
}

/** A value with its unit: `0.93`, `312,000 sets/s`, `4.1 ms`. */
export function shown(value, unit) {
  if (value === undefined) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const number = value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === undefined || unit === 'times' ? number : `${number} ${unit}`;
}

/** A bound or an aim: as few digits as it has. */
export function promised({ better = 'more', unit }, value) {
  if (value === undefined) return '';
  const number = value.toLocaleString('en', { maximumFractionDigits: 2 });
  return `${better === 'less' ? 'at most ' : ''}${number}${unit === 'times' ? '' : ` ${unit}`}`;
}
