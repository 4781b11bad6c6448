/**
 * A strict reader of Prometheus text format 0.0.4, written from its description ("Exposition formats", prometheus.io/docs) and
 * not from any other code. Throws an Error with the line at anything that the description does not allow.
 */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/u;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*/u;

export function parsePrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end in a line feed');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  const series = new Set<string>();
  let current: Family | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    if (line.trim() === '') continue;
    if (line.startsWith('#')) {
      const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/u.exec(line) ?? [];
      if (kind === undefined) continue; // a comment
      if (kind === 'HELP') {
        if (helps.has(name)) fail('a second HELP');
        helps.set(name, rest);
      } else {
        if (families.has(name)) fail('a second TYPE');
        if (!/^(counter|gauge|histogram|summary|untyped)$/u.test(rest)) fail('an unknown type');
        current = { name, type: rest as Family['type'], help: helps.get(name) ?? '', samples: [] };
        families.set(name, current);
      }
      continue;
    }
    const sample = parseSample(line);
    if (current === undefined || !belongs(sample, current)) fail('a sample stands outside of the group of its metric');
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (series.has(key)) fail('a series stands twice');
    series.add(key);
    current!.samples.push(sample);
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family);
  return families;
}

function belongs({ name }: Sample, { name: family, type }: Family): boolean {
  if (type === 'histogram') return ['_bucket', '_sum', '_count'].some((suffix) => name === family + suffix);
  return type === 'summary' ? [family, `${family}_sum`, `${family}_count`].includes(name) : name === family;
}

function parseSample(line: string): Sample {
  let rest = line;
  const take = (pattern: RegExp): string => {
    const [found] = pattern.exec(rest) ?? [];
    if (found === undefined) throw new Error(`malformed at "${rest.slice(0, 30)}": ${line}`);
    rest = rest.slice(found.length);
    return found;
  };
  const name = take(NAME);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    take(/^\{/u);
    while (!rest.startsWith('}')) {
      const label = take(LABEL_NAME);
      take(/^="/u);
      // Backslash, double quote and line feed are escaped, and nothing else may be.
      const value = take(/^(?:[^"\\\n]|\\["\\n])*/u).replace(/\\(.)/gu, (_, c: string) => (c === 'n' ? '\n' : c));
      take(/^"/u);
      if (label in labels) throw new Error(`the label ${label} stands twice: ${line}`);
      labels[label] = value;
      if (!rest.startsWith('}')) take(/^,/u);
    }
    take(/^\}/u);
  }
  take(/^[ \t]+/u);
  const value = numberOf(take(/^\S+/u), line);
  if (rest !== '') take(/^[ \t]+-?\d+$/u); // a time stamp in milliseconds
  return { name, labels, value };
}

/** As Go's ParseFloat: the special values are written NaN, +Inf and -Inf. */
function numberOf(text: string, line: string): number {
  if (text === 'NaN') return Number.NaN;
  if (/^[+-]?Inf$/u.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/iu.test(text)) throw new Error(`not a number, ${text}: ${line}`);
  return Number(text);
}

/** Buckets of each series rise with their bound, the last is +Inf and equals _count; _sum is there. */
function checkHistogram({ name, samples }: Family): void {
  const bySeries = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(Object.entries(labels).sort());
    bySeries.set(key, [...(bySeries.get(key) ?? []), sample]);
  }
  for (const own of bySeries.values()) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? '', name));
    const count = own.find((sample) => sample.name === `${name}_count`);
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) throw new Error(`${name}: bounds do not rise`);
    if (buckets.some(({ value }, i) => i > 0 && value < buckets[i - 1]!.value)) throw new Error(`${name}: counts fall`);
    if (bounds.at(-1) !== Infinity || buckets.at(-1)!.value !== count?.value)
      throw new Error(`${name}: the bucket of all is not the count`);
    if (!own.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name}: no sum`);
  }
}
