/** The signature; the body follows within minutes. Returns undefined when our MAC is right, else what is wrong. */
export function macSelfTest(): string | undefined {
  return undefined;
}
