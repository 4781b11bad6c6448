/** What a login must show beside the uid. One kind a server, chosen at its start. */
export type ProofKind = 'none' | 'ticket' | 'scrypt';

export interface Proof {
  readonly kind: ProofKind;
  /**
   * True when `proof`, the text of the login request ('' when it has none), shows that the caller is `uid`. A wrong proof and
   * an unknown uid take the same time.
   */
  check(uid: string, proof: string): Promise<boolean>;
}

/** Any caller is any user: for benchmarks on one machine. */
export const noProof: Proof = { kind: 'none', check: async () => true };
