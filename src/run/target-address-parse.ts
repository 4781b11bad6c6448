import { GwrkError } from '../core/errors.js';

const DEFAULT_PORTS = { ws: 80, wss: 443, http: 80, https: 443, tcp: undefined, tls: undefined } as const;

export type TargetKind = keyof typeof DEFAULT_PORTS;

/** A target as parsed; every spelling of one place gives equal fields. */
export interface Target {
  readonly kind: TargetKind;
  /** TLS is spoken. */
  readonly secure: boolean;
  /** A name in ASCII and small letters without a final dot, or a numeric address (IPv6 without brackets). */
  readonly hostname: string;
  /** 1 .. 65535. */
  readonly port: number;
  /** host:port, IPv6 in brackets. */
  readonly authority: string;
  /** The Host header: as authority, without the port that the scheme implies. */
  readonly host: string;
  /** Path and query, "/" at least. */
  readonly path: string;
  /** The whole in this spelling. */
  readonly url: string;
}

const ALLOWED = 'ws://host[:port]/path, wss://, http://, https://, tcp://host:port, tls://host:port';
const MOST_CHARACTERS = 8_192;
const MOST_HOST_CHARACTERS = 253;

/**
 * A target from its URL: ws, wss, http, https (port 80 or 443 unless given), tcp, tls (port required). Throws GWRK_USAGE
 * for anything else, a fragment (RFC 6455 section 3), and credentials in the URL, which would end up in reports.
 */
export function parseTarget(text: string, where?: string): Target {
  const given = withoutCredentials(text);
  const wrong = (summary: string, hint?: string): GwrkError =>
    new GwrkError('GWRK_USAGE', summary, {
      given,
      allowed: ALLOWED,
      ...(where === undefined ? {} : { where }),
      ...(hint === undefined ? {} : { hint }),
    });

  if (text.length > MOST_CHARACTERS) throw wrong(`the URL of the target is longer than ${MOST_CHARACTERS} characters`);
  // The URL parser would drop line breaks, and take a backslash for a slash.
  if (/[\s\\\p{Cc}]/u.test(text)) throw wrong('the URL of the target holds a space, a control character or a backslash');
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/([^/].*)$/isu.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  if (rest === '') throw wrong('the target is not a URL', /^[^/]+:\d+/.test(text) ? `write ws://${given}` : undefined);
  if (!isKind(kind)) throw wrong(`a target of the kind ${kind} is unknown`);
  const authorityText = rest.split(/[/?#]/u)[0]!;
  if (authorityText.includes('@')) throw wrong('the URL of the target holds credentials', 'send them in a header: -H "authorization: ..."');
  if (rest.includes('#')) throw wrong('the URL of the target has a fragment', 'write # as %23');

  const url = parseUrl(`http://${rest}`);
  if (url === null) throw wrong('the host or port of the target cannot be understood');
  const { hostname, port: givenPort } = hostOf(authorityText, where);
  const port = givenPort ?? DEFAULT_PORTS[kind];
  if (port === undefined) throw wrong(`a target of the kind ${kind} needs a port`);

  const bracketed = hostname.includes(':') ? `[${hostname}]` : hostname;
  const authority = `${bracketed}:${port}`;
  const host = port === DEFAULT_PORTS[kind] ? bracketed : authority;
  const path = `${url.pathname}${url.search}`;
  return {
    kind,
    secure: kind === 'wss' || kind === 'https' || kind === 'tls',
    hostname,
    port,
    authority,
    host,
    path,
    url: `${kind}://${host}${path}`,
  };
}

/**
 * Host and port of "host", "host:port", "[::1]:port" or "::1", the host in the spelling of Target.hostname.
 * Throws GWRK_USAGE for anything else.
 */
export function hostOf(text: string, where?: string): { readonly hostname: string; readonly port: number | undefined } {
  const wrong = (summary: string): GwrkError =>
    new GwrkError('GWRK_USAGE', summary, {
      given: withoutCredentials(text),
      allowed: 'host, host:port or [IPv6]:port',
      ...(where === undefined ? {} : { where }),
    });
  const bare = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text) ? `[${text}]` : text;
  if (/[\s\\/?#@\p{Cc}]/u.test(bare)) throw wrong('a host holds a character that no host has');
  // Each of the two schemes hides one port number; together they show every one.
  const plain = parseUrl(`http://${bare}`);
  const secure = parseUrl(`https://${bare}`);
  if (plain === null || secure === null || plain.hostname === '') throw wrong('a host or its port cannot be understood');
  const portText = plain.port || secure.port;
  if (portText === '0') throw wrong('port 0 cannot be connected to');
  const hostname = plain.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (hostname.length > MOST_HOST_CHARACTERS || hostname.split('.').includes(''))
    throw wrong('a host name has an empty part or is too long');
  return { hostname, port: portText === '' ? undefined : Number(portText) };
}

function isKind(kind: string): kind is TargetKind {
  return Object.hasOwn(DEFAULT_PORTS, kind);
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** What may be shown of a text that can hold a password. */
function withoutCredentials(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?[^/?#]*@/i, '$1…@');
}
