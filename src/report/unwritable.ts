import { GwrkError } from '../core/errors.js';

/** What `write` returns. Throws GWRK_OUTPUT_UNWRITABLE, with `where` and a hint, for whatever it throws. */
export async function orUnwritable<Result>(where: string, write: () => Promise<Result>, hint?: string): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const given = error instanceof Error ? error.message : String(error);
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'the results could not be written', {
      given,
      where,
      ...(hint !== undefined && { hint }),
      cause: error,
    });
  }
}
