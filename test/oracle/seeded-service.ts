import { Prng } from '../../src/core/prng.js';

/** Exponential service times by the number of the request, milliseconds: the server uses them, and who replays it draws the same. */
export function seededServicesMs(seed: number, meanMs: number, count: number): Float64Array {
  const random = new Prng(seed);
  return Float64Array.from({ length: count }, () => -meanMs * Math.log(1 - random.next()));
}

/**
 * Lindley's recursion: what each request of a single-server queue takes from its arrival to its end, in the unit of the arguments.
 * (D. V. Lindley, "The theory of queues with a single server", 1952.)
 */
export function lindley(arrivals: ArrayLike<number>, services: ArrayLike<number>): Float64Array {
  const response = new Float64Array(arrivals.length);
  let wait = 0;
  for (let k = 0; k < arrivals.length; k++) {
    if (k > 0) wait = Math.max(0, wait + services[k - 1]! - (arrivals[k]! - arrivals[k - 1]!));
    response[k] = wait + services[k]!;
  }
  return response;
}
