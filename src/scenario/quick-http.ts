/** What a quick command line asks of an http:// or https:// target: one request over and over. */
export interface QuickHttp {
  /** Of the loop: its period and count, where there are any. */
  readonly pace: object;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepalive: boolean;
  readonly timeout: string;
}

/** GET without a body, POST with one. Each client has one connection, and its next request goes behind the answer. */
export function quickHttpFlow({ pace, body, headers, keepalive, timeout }: QuickHttp): object[] {
  const http = { ...(body === '' ? {} : { text: body }), headers, expect: { within: timeout }, keepalive };
  return [{ loop: { ...pace, steps: [{ http }] } }];
}
