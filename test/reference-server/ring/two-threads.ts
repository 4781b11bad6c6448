import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const modules = new URL('../../../reference-server/ring/', import.meta.url);

/** The address of a compiled ring module. With a mutation its text is changed first; throws when there is nothing to change. */
export async function moduleAddress(name: string, mutation?: readonly [from: string, to: string]): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  let text = await readFile(new URL(name, modules), 'utf8');
  if (mutation !== undefined) {
    if (!text.includes(mutation[0])) throw new Error(`${name} has no ${mutation[0]}`);
    text = text.replaceAll(mutation[0], mutation[1]);
  }
  text = text.replaceAll(/from '(\.\.?\/[a-z/-]+\.js)'/gu, (_all, file: string) => `from '${new URL(file, modules).href}'`);
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/**
 * Runs the text of a module in two threads, with `data` as workerData and `role` 0 and 1; resolves with what each posts last. A
 * thread that says nothing within `limitMs` is ended and counts as undefined.
 */
export async function runTwoThreads(text: string, data: Record<string, unknown>, limitMs = 120_000): Promise<unknown[]> {
  const address = new URL(`data:text/javascript,${encodeURIComponent(text)}`);
  const threads = [0, 1].map((role) => new Worker(address, { workerData: { ...data, role } }));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  const ends = threads.map((thread) =>
    Promise.race([
      once(thread, 'message').then(([value]: unknown[]) => value),
      once(thread, 'error').then(([error]: unknown[]) => error),
      late,
    ]),
  );
  try {
    return await Promise.all(ends);
  } finally {
    clearTimeout(timer);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
