/** A command hands its exit code (docs/errors.md) to this when it is over. */
export type Finish = (exitCode: number) => void;
