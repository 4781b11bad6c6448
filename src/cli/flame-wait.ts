import type { ChildProcess } from 'node:child_process';

export interface WaitOptions {
  /** Without it: until the child ends, or a signal. */
  readonly durationUs?: number;
  /** Its end is the end of the wait. */
  readonly child?: ChildProcess;
}

/** Waits for the first of these, and says which it was; a first ctrl-C ends the wait and not the program. */
export function waitUntil({ durationUs, child }: WaitOptions): Promise<'time' | 'ended' | 'signal'> {
  return new Promise((resolve) => {
    const finish = (why: 'time' | 'ended' | 'signal'): void => {
      clearTimeout(timer);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      child?.off('exit', onEnd);
      resolve(why);
    };
    const onSignal = (): void => finish('signal');
    const onEnd = (): void => finish('ended');
    const timer = durationUs === undefined ? undefined : setTimeout(() => finish('time'), durationUs / 1000);
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    child?.once('exit', onEnd);
  });
}
