/** What is spoken with a target: WebSocket, or a plain stream of bytes. */

export const isWebSocket = (target: string): boolean => /^wss?:\/\//iu.test(target);

/** http or https: each client has a connection that its requests open. */
export const isHttp = (target: string): boolean => /^https?:\/\//iu.test(target);

/** tcp or tls: connect steps make no upgrade, and framing says where messages end. */
export const isStream = (target: string): boolean => /^(tcp|tls):\/\//iu.test(target);

/** What may be shown of a target: a query may hold a token, and reports and logs are passed around. */
export function withoutQuery(url: string): string {
  const at = url.search(/[?#]/u);
  return at < 0 ? url : url.slice(0, at);
}
