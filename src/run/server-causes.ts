import { readFileSync } from 'node:fs';
import { type Clock, systemClock } from '../core/clock.js';
import { isCause, type RunCauses, serverFacts, shifted } from '../report/causes.js';
import type { JsonClient } from './http-json.js';

/**
 * Asks the reference server what held operations up since `sinceUs` of our clock (GET /admin/v1/causes). Never rejects: an answer
 * that cannot be had is an unknown with its reason.
 */
export async function askCauses(admin: JsonClient | undefined, sinceUs: number, clock: Clock = systemClock): Promise<RunCauses> {
  if (admin === undefined) return { unknown: 'the target was not asked: its admin port and token are not known (--admin-url)' };
  let answer: Awaited<ReturnType<JsonClient['get']>>;
  const askedUs = clock.nowUs();
  try {
    // All of it: the clock of another machine may stand anywhere.
    answer = await admin.get('/admin/v1/causes');
  } catch (error) {
    return { unknown: `the target did not say what held it up: ${error instanceof Error ? error.message : String(error)}` };
  }
  const answeredUs = clock.nowUs();
  const facts = answer.status === 200 ? serverFacts(answer.body) : undefined;
  if (facts === undefined) return { unknown: `the target does not say what held it up (status ${answer.status})` };
  const { nowUs, bootId: theirs, causes } = answer.body as { nowUs?: unknown; bootId?: unknown; causes?: unknown };
  const isSameClock = theirs === bootId() && theirs !== '';
  // As in NTP: the answer was made in the middle of the exchange, give or take half of it.
  const offsetUs = isSameClock || typeof nowUs !== 'number' ? 0 : nowUs - (askedUs + answeredUs) / 2;
  const clockErrorUs = isSameClock ? 0 : (answeredUs - askedUs) / 2;
  const entries = Array.isArray(causes) ? causes.filter(isCause) : [];
  const known = shifted({ ...facts, clockErrorUs, causes: entries }, offsetUs);
  return { ...known, causes: known.causes.filter(({ endUs }) => endUs >= sinceUs) };
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
