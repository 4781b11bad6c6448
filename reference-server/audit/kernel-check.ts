/** A program for `gwrk doctor`: tries each source of kernel events and prints what came of it, one object of JSON a source. */
import { KERNEL_SOURCES, startKernelEvents } from './kernel-events.js';

for (const source of KERNEL_SOURCES) {
  const options = { choice: 'auto' as const, pid: process.pid, port: 1, onEvent: () => {}, onEnd: () => {} };
  const kernel = await startKernelEvents(options, [source]);
  await kernel.stop();
  process.stdout.write(`${JSON.stringify({ source: source.name, works: kernel.source !== 'none', reason: kernel.reasons.join('; ') })}\n`);
}
