/** Run by expression-evaluate.test.ts in a process of its own: prints how many bytes 200,000 evaluations leave on the heap. */
import { Prng } from '../../src/core/prng.js';
import { compileNumber, compileTemplate } from '../../src/scenario/expression-evaluate.js';
import { parseExpression, parseTemplate } from '../../src/scenario/expression-parse.js';

const none = new Map<string, never>();
const context = { client: 0, iteration: 3, prng: new Prng(1), nowUnixMs: 0 };
const room = compileNumber(parseExpression('(client * 7 + iteration) % 20000 + random(0, 100)', none));
const write = compileTemplate(parseTemplate('p{{ client }}:{{ iteration % 10 }}', none));
const out = new Uint8Array(100);
let sum = 0;

function run(): void {
  for (let i = 0; i < 100_000; i++) {
    context.client = i;
    sum = (sum + room(context) + write(context, out, 0)) & 0xffff; // small, because a large module variable would itself be garbage
  }
}

run(); // until it is optimized
run();
globalThis.gc?.();
const beforeBytes = process.memoryUsage().heapUsed;
run();
console.log(process.memoryUsage().heapUsed - beforeBytes, sum);
