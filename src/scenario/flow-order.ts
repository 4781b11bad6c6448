/**
 * Whether the steps of a flow can follow one another: auth after connect, op after auth, and so on. Looks only at the
 * names of steps, so it also finds faults of order in a file that has other faults.
 */
import { nearestName } from './nearest-name.js';
import { MAX_EVERYS, MAX_LOOP_DEPTH } from './program.js';
import { STEP_NAMES } from './schema-steps.js';
import type { IssueDetails } from './schema-values.js';

type Path = readonly PropertyKey[];
type Report = (path: Path, summary: string, details?: IssueDetails) => void;

/** What holds for a client between two steps. */
interface Standing {
  loggedIn: boolean;
  connected: boolean;
  authenticated: boolean;
  beating: boolean;
  /** How many loops are around the connect that the connection comes from. */
  connectedDepth: number;
  everys: number;
  /** Steps that connect so far, and steps around this one. */
  connects: number;
  reconnects: number;
}
type Fact = 'loggedIn' | 'connected' | 'authenticated' | 'beating';

const NEEDS: Readonly<Record<string, readonly Fact[]>> = {
  auth: ['loggedIn', 'connected'],
  heartbeat: ['authenticated'],
  join: ['authenticated'],
  leave: ['authenticated'],
  op: ['authenticated'],
  send: ['connected'],
  every: ['connected'],
  expect: ['connected'],
  disconnect: ['connected'],
};
const GIVEN_BY: Readonly<Record<Fact, string>> = {
  loggedIn: 'login',
  connected: 'connect',
  authenticated: 'auth',
  beating: 'heartbeat',
};
/** Steps that may not come again while what they give holds. */
const ONCE: Readonly<Record<string, Fact>> = { connect: 'connected', auth: 'authenticated', heartbeat: 'beating' };

/** Reports every fault of order in `flow`, which may be anything at all. */
export function checkFlow(flow: unknown, path: Path, afterFlow: unknown, report: Report): void {
  if (!Array.isArray(flow) || flow.length === 0) return;
  const standing: Standing = {
    loggedIn: false,
    connected: false,
    authenticated: false,
    beating: false,
    connectedDepth: 0,
    everys: 0,
    connects: 0,
    reconnects: 0,
  };
  const connects = walk(flow, path, standing, 0, report);
  if (!connects && misspellsConnect(flow)) return; // the schema says so
  if (!connects) report(path, 'this flow never connects', { hint: 'add - connect: {}', atKey: true });
  else if (afterFlow === 'drive' && (!standing.connected || standing.authenticated || standing.everys > 0))
    report(path, 'a driver takes over a plain connection', {
      given: standing.connected ? 'a flow with auth or every' : 'a flow that ends without a connection',
      allowed: 'a flow that ends connected, without auth and every',
      atKey: true,
    });
  else if (afterFlow === 'repeat' && standing.connected) {
    report(path, 'a flow that is repeated must end as it begins', {
      hint: 'add - disconnect: {} at its end, or put what is repeated into a loop',
      atKey: true,
    });
  }
}

/** Whether a step has a name that does not exist, and that may well have been meant as connect. */
function misspellsConnect(flow: readonly unknown[]): boolean {
  const names = flow.flatMap((step) => (step !== null && typeof step === 'object' ? Object.keys(step) : []));
  return names.some((name) => !(STEP_NAMES as readonly string[]).includes(name) && nearestName(name, STEP_NAMES) === 'connect');
}

/** Goes through the steps, changing `standing`; true when there is a connect among them. */
function walk(steps: readonly unknown[], path: Path, standing: Standing, depth: number, report: Report): boolean {
  let connects = false;
  for (const [index, step] of steps.entries()) {
    if (step === null || typeof step !== 'object' || Array.isArray(step)) continue;
    const at = [...path, index];
    const names = Object.keys(step);
    if (names.length !== 1) {
      report(at, 'a step has exactly one key', {
        given: names.join(', ') || 'none',
        allowed: STEP_NAMES.join(', '),
        hint: 'begin each step with its own dash',
      });
    }
    for (const name of names) {
      if (name === 'loop') connects = checkLoop((step as { loop: unknown }).loop, [...at, 'loop'], standing, depth, report) || connects;
      else if (name === 'choose')
        connects = checkChoose((step as { choose: unknown }).choose, [...at, 'choose'], standing, depth, report) || connects;
      else {
        checkStep(name, [...at, name], standing, depth, report);
        if (name === 'every') checkEvery((step as { every: unknown }).every, [...at, 'every'], standing, depth, report);
        connects ||= name === 'connect' || name === 'http';
      }
    }
  }
  return connects;
}

function checkStep(name: string, path: Path, standing: Standing, depth: number, report: Report): void {
  const missing = Object.hasOwn(NEEDS, name) ? NEEDS[name]!.filter((need) => !standing[need]) : [];
  if (missing.length > 0) {
    report(path, `${name} must come after ${missing.map((need) => GIVEN_BY[need]).join(' and ')}`, { atKey: true });
    // Said once: what follows is judged as if it had been there.
    for (const need of missing) standing[need] = true;
    if (name === 'heartbeat' || name === 'op' || name === 'join') standing.connected = true;
  }
  const once = Object.hasOwn(ONCE, name) ? ONCE[name]! : undefined;
  if (once) {
    if (standing[once]) report(path, `${name} a second time on one connection`, { hint: 'add - disconnect: {} before it', atKey: true });
    standing[once] = true;
  }
  if (name === 'login') standing.loggedIn = true;
  if (name === 'connect') {
    standing.connectedDepth = depth;
    standing.connects++;
  }
  if (name === 'reconnect') checkReconnect(path, standing, report);
  if (name === 'disconnect') standing.connected = standing.authenticated = standing.beating = false;
}

function checkLoop(loop: unknown, path: Path, standing: Standing, depth: number, report: Report): boolean {
  if (loop === null || typeof loop !== 'object') return false;
  const { steps, every, for: duration, count } = loop as Record<string, unknown>;
  if (depth >= MAX_LOOP_DEPTH) {
    report(path, 'loops nest too deep', { allowed: `${MAX_LOOP_DEPTH} loops within one another`, atKey: true });
    return false;
  }
  if (!Array.isArray(steps)) return false;
  const before = { ...standing };
  const connects = walk(steps, [...path, 'steps'], standing, depth + 1, report);
  if (before.connected !== standing.connected) {
    report(path, 'a loop must end as it begins', {
      given: standing.connected ? 'begins without a connection, ends with one' : 'begins with a connection, ends without one',
      hint: standing.connected ? 'add - disconnect: {} at its end' : 'add - connect: {} at its end, or move disconnect behind the loop',
      atKey: true,
    });
  } else if (!before.beating && standing.beating) {
    report(path, 'heartbeat would start again in each round', { hint: 'move heartbeat before the loop', atKey: true });
  }
  if (every === undefined && duration === undefined && count === undefined && !steps.some(waits)) {
    report(path, 'this loop would never wait', { hint: 'add every: 1s, or a think, or an expect inside', atKey: true });
  }
  return connects;
}

/** It holds for the whole flow, so it stands where the flow begins. */
function checkReconnect(path: Path, standing: Standing, report: Report): void {
  standing.reconnects++;
  // path: ... flow, number of the step, reconnect
  const isInside = path.slice(0, -2).some((part) => part === 'steps');
  if (isInside || standing.connects > 0)
    report(path, 'reconnect must come before the first connect', { hint: 'it holds for every connection of the flow', atKey: true });
  else if (standing.reconnects > 1) report(path, 'a second reconnect', { allowed: 'one in a flow', atKey: true });
}

function checkEvery(every: unknown, path: Path, standing: Standing, depth: number, report: Report): void {
  if (depth > standing.connectedDepth)
    report(path, 'every would start again in each round', { hint: 'move it before the loop: it runs beside it', atKey: true });
  standing.everys++;
  if (standing.everys === MAX_EVERYS + 1)
    report(path, 'a flow has too many every steps', { allowed: `at most ${MAX_EVERYS}`, hint: 'one every has several sends', atKey: true });
  const steps = (every as { steps?: unknown } | null)?.steps;
  if (Array.isArray(steps)) walk(steps, [...path, 'steps'], standing, depth, report);
}

/** Whichever branch is drawn, what follows must find the same. */
function checkChoose(choose: unknown, path: Path, standing: Standing, depth: number, report: Report): boolean {
  if (!Array.isArray(choose)) return false;
  const before = { ...standing };
  let connects = false;
  let first: Standing | undefined;
  for (const [index, branch] of choose.entries()) {
    const steps = (branch as { steps?: unknown } | null)?.steps;
    if (!Array.isArray(steps)) continue;
    const own = { ...before };
    connects = walk(steps, [...path, index, 'steps'], own, depth, report) || connects;
    first ??= own;
    for (const what of ['connected', 'authenticated', 'beating'] as const) {
      if (own[what] === first[what]) continue;
      report([...path, index], 'the branches of a choose must end alike', {
        given: `after one of them ${GIVEN_BY[what]} holds, after another it does not`,
        hint: `put ${GIVEN_BY[what]} before or behind the choose`,
      });
      break;
    }
    first.loggedIn &&= own.loggedIn;
    before.everys = first.everys = own.everys;
  }
  if (first) Object.assign(standing, first);
  return connects;
}

/** Whether a step takes time by itself. */
function waits(step: unknown): boolean {
  if (step === null || typeof step !== 'object') return true;
  const fields = step as Record<string, unknown>;
  const send = fields.send;
  if ('send' in fields) return send === null || typeof send !== 'object' || 'expect' in send;
  if ('heartbeat' in fields || 'every' in fields || 'reconnect' in fields) return false;
  if (Array.isArray(fields.choose))
    return fields.choose.every((branch: unknown) => {
      const steps = (branch as { steps?: unknown } | null)?.steps;
      return !Array.isArray(steps) || steps.some(waits);
    });
  const loop = fields.loop as { steps?: unknown; every?: unknown } | null | undefined;
  if ('loop' in fields)
    return loop === null || typeof loop !== 'object' || loop.every !== undefined || (Array.isArray(loop.steps) && loop.steps.some(waits));
  return true;
}
