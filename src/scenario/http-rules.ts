/** Whether the http steps of a flow, and the other steps beside them, go with the target. Looks at the file as it was written. */
import type { IssueDetails } from './schema-values.js';
import { isHttp } from './target-kind.js';
import { forEachStep } from './target-rules.js';

type Path = readonly PropertyKey[];
type Report = (path: Path, summary: string, details?: IssueDetails) => void;

/** Steps of an http target: it has no connection that a flow opens, and nothing comes that was not asked for. */
const WITH_HTTP = new Set(['http', 'think', 'loop', 'choose']);

export function checkHttp(target: unknown, entry: unknown, path: Path, report: Report): void {
  if (typeof target !== 'string' || entry === null || typeof entry !== 'object') return;
  const keys = entry as Readonly<Record<string, unknown>>;
  const isTarget = isHttp(target);
  let connects = false;
  let hasRequest = false;
  forEachStep(keys.flow, [...path, 'flow'], (name, step, at) => {
    connects ||= name === 'connect';
    if (isTarget && !WITH_HTTP.has(name))
      report(at, `${name} does not go with ${target}`, { allowed: [...WITH_HTTP].join(', '), atKey: true });
    if (name !== 'http') return;
    hasRequest = true;
    const hasUrl = step !== null && typeof step === 'object' && 'url' in step;
    if (!isTarget && !hasUrl)
      report(at, 'url is missing: the target does not speak HTTP', { allowed: 'url: http://host:port/path', atKey: true });
  });
  if (isTarget && keys.framing !== undefined)
    report([...path, 'framing'], 'HTTP says itself where its messages end', {
      hint: 'framing is for tcp:// and tls:// targets',
      atKey: true,
    });
  if (isTarget && keys.storm !== undefined) report([...path, 'storm'], 'storms are for connections that clients hold', { atKey: true });
  if (!isTarget && hasRequest && !connects)
    report([...path, 'flow'], 'this flow never connects', { hint: 'add - connect: {}', atKey: true });
}
