/** Whether the steps of a flow can be done with the kind of target that the file names. Looks at the file as it was written. */
import type { IssueDetails } from './schema-values.js';
import { isHttp, isStream } from './target-kind.js';

type Path = readonly PropertyKey[];
type Report = (path: Path, summary: string, details?: IssueDetails) => void;
type Keys = Readonly<Record<string, unknown>>;

const REFERENCE_STEPS = new Set(['login', 'auth', 'heartbeat', 'join', 'leave', 'op']);
const UPGRADE_KEYS = ['path', 'headers', 'subprotocol'] as const;
const FRAMING_HINT = 'framing: { delimiter: "\\n" }, { length: { width: 2 } } or { size: 64 }';

/** Reports what of the scenario `entry`, which may be anything at all, does not go with the target. */
export function checkTarget(target: unknown, entry: unknown, path: Path, report: Report): void {
  if (typeof target !== 'string' || !isMap(entry) || isHttp(target)) return;
  if (!isStream(target)) {
    if (entry.framing !== undefined) reportFraming([...path, 'framing'], report);
    forEachStep(entry.flow, [...path, 'flow'], (name, step, at) => {
      if (name === 'connect' && isMap(step) && step.framing !== undefined) reportFraming([...at, 'framing'], report);
    });
    return;
  }
  let isFramed = entry.framing !== undefined;
  let isSaid = false;
  forEachStep(entry.flow, [...path, 'flow'], (name, step, at) => {
    if (REFERENCE_STEPS.has(name))
      report(at, `${name} is of the reference protocol, which is spoken over WebSocket`, {
        allowed: 'a ws:// or wss:// target',
        atKey: true,
      });
    const keys = isMap(step) ? step : {};
    if (name === 'connect') {
      isFramed = keys.framing !== undefined || entry.framing !== undefined;
      for (const key of UPGRADE_KEYS)
        if (keys[key] !== undefined) report([...at, key], `${key} is of WebSocket, and the target is ${target}`, { atKey: true });
    }
    if (name === 'disconnect' && keys.code !== undefined)
      report([...at, 'code'], `a close code is of WebSocket, and the target is ${target}`, { atKey: true });
    const awaits = name === 'expect' || (name === 'send' && keys.expect !== undefined);
    if (!awaits || isFramed || isSaid) return;
    report(at, 'where an answer ends is not known: framing is missing', {
      allowed: FRAMING_HINT,
      hint: 'put it into the scenario or its connect step',
      atKey: true,
    });
    isSaid = true;
  });
}

function reportFraming(path: Path, report: Report): void {
  report(path, 'WebSocket has frames of its own', { hint: 'framing is for tcp:// and tls:// targets', atKey: true });
}

/** Every step within `steps`, also those inside other steps, in the order of the file. */
export function forEachStep(steps: unknown, path: Path, visit: (name: string, step: unknown, path: Path) => void): void {
  if (!Array.isArray(steps)) return;
  for (const [index, step] of steps.entries()) {
    if (!isMap(step)) continue;
    for (const [name, value] of Object.entries(step)) {
      const at = [...path, index, name];
      visit(name, value, at);
      if (isMap(value)) forEachStep(value.steps, [...at, 'steps'], visit);
      else if (Array.isArray(value))
        for (const [branch, inner] of value.entries()) if (isMap(inner)) forEachStep(inner.steps, [...at, branch, 'steps'], visit);
    }
  }
}

const isMap = (value: unknown): value is Keys => value !== null && typeof value === 'object' && !Array.isArray(value);
