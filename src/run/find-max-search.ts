/** The highest load that still passes: doubling, then bisection. Pure but for `probe`. */

export type ProbeAnswer = 'met' | 'missed' | 'stop';

export interface SearchOptions {
  readonly from: number;
  readonly to: number;
  /** The search ends when (lowest missed - highest met) is at most this share of the highest met, or 1. */
  readonly precision: number;
  /** Tries a load; "stop" ends the search with what was found. */
  readonly probe: (load: number) => Promise<ProbeAnswer>;
}

export interface SearchResult {
  /** The highest load that met. */
  readonly highestMet: number | undefined;
  readonly lowestMissed: number | undefined;
  readonly isStopped: boolean;
}

export async function searchHighest({ from, to, precision, probe }: SearchOptions): Promise<SearchResult> {
  let highestMet: number | undefined;
  let lowestMissed: number | undefined;
  for (let load = Math.min(from, to); lowestMissed === undefined; load = Math.min(load * 2, to)) {
    const answer = await probe(load);
    if (answer === 'stop') return { highestMet, lowestMissed, isStopped: true };
    if (answer === 'missed') lowestMissed = load;
    else {
      highestMet = load;
      if (load === to) break;
    }
  }
  while (highestMet !== undefined && lowestMissed !== undefined && lowestMissed - highestMet > Math.max(1, precision * highestMet)) {
    const load = Math.round((highestMet + lowestMissed) / 2);
    const answer = await probe(load);
    if (answer === 'stop') return { highestMet, lowestMissed, isStopped: true };
    if (answer === 'met') highestMet = load;
    else lowestMissed = load;
  }
  return { highestMet, lowestMissed, isStopped: false };
}
