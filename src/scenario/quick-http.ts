/** What a quick command line asks of an http:// or https:// target: one request over and over. */
export interface QuickHttp {
  /** Of the loop: its period and count, where there are any. */
  readonly pace: object;
  readonly body: string;
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepalive: boolean;
  readonly timeout: string;
}

/** Without a method GET, or POST with a body. Each client has one connection, and its next request goes behind the answer. */
export function quickHttpFlow({ pace, body, method, headers, keepalive, timeout }: QuickHttp): object[] {
  const http = {
    ...(method === undefined ? {} : { method }),
    ...(body === '' ? {} : { text: body }),
    headers,
    expect: { within: timeout },
    keepalive,
  };
  return [{ loop: { ...pace, steps: [{ http }] } }];
}
