/** Words of the language besides functions, which a parenthesis follows. */
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const MATCHERS = /\{[^}]*\}/g;

const withoutStrings = (query: string): string => query.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** The names of metrics in a query of Prometheus: enough of its language for rules and dashboards. */
export function metricNamesOf(query: string): string[] {
  const bare = withoutStrings(query)
    .replace(GROUPING, ' ')
    .replace(MATCHERS, ' ')
    .replace(/\[[^\]]*\]/g, ' ');
  // A function's name is followed by its arguments, an aggregation's by its grouping or its arguments.
  const words = bare.matchAll(/\b([a-zA-Z_:][\w:]*)\b(?!\s*\()/g);
  return [...new Set(Array.from(words, ([word]) => word))].filter((word) => !KEYWORDS.has(word.toLowerCase()));
}

/** The names of labels that a query matches or groups by. */
export function labelsOf(query: string): string[] {
  const bare = withoutStrings(query);
  const grouped = Array.from(bare.matchAll(GROUPING), ([, list]) => list!.split(',')).flat();
  const matched = Array.from(bare.matchAll(MATCHERS), ([matchers]) =>
    Array.from(matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g), ([, label]) => label!),
  ).flat();
  return [...new Set([...grouped.map((label) => label.trim()), ...matched])].filter((label) => label !== '');
}

/** Whether the first selector of a query takes a line with these labels; a label that is not there is empty. */
export function selects(query: string, labels: Readonly<Record<string, string>>): boolean {
  const [matchers = ''] = query.match(MATCHERS) ?? [];
  return Array.from(matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)).every(([, label, operator, operand]) => {
    const value = labels[label!] ?? '';
    const isMatch = operator!.endsWith('~') ? new RegExp(`^(?:${operand})$`).test(value) : value === operand;
    return isMatch === !operator!.startsWith('!');
  });
}
