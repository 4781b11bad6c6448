import type { ChildProcess } from 'node:child_process';

const TAIL_CHARACTERS = 8192;

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Waits until a child has ended and its output is read; false when it still runs after this time. */
export function endedWithin(child: ChildProcess, limitMs: number): Promise<boolean> {
  if (hasEnded(child)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      child.off('close', finish);
      child.off('error', finish);
      resolve(hasEnded(child));
    };
    const timer = setTimeout(finish, limitMs);
    child.once('close', finish);
    child.once('error', finish);
  });
}

/** Reads what a child says on stdout and stderr, so that it never blocks; the function tells the end of it. */
export function outputOf(child: ChildProcess): () => string {
  let tail = '';
  const keep = (text: string): void => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
  };
  child.stderr?.setEncoding('utf8').on('data', keep);
  child.once('error', (error) => keep(error.message));
  return () => tail;
}
