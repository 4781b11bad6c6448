import { GwrkError } from '../../../src/core/errors.js';
import type { ApolloNamespace } from './apollo-source.js';
import type { NacosConfigId } from './nacos-source.js';

/** What --rules may name. `name` is fit to be shown. */
export type SourceAddress =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'http'; readonly url: URL }
  | { readonly kind: 'nacos'; readonly name: string; readonly id: NacosConfigId }
  | { readonly kind: 'apollo'; readonly name: string; readonly namespace: ApolloNamespace };

export const SOURCE_FORMS =
  'a path, http(s)://..., nacos://host:port/dataId?group=...&tenant=..., or apollo://host:port/appId/cluster/namespace?key=...';

export const RULES_FLAG_HELP = 'breaker and flow rules: a file, or a URL as below; none by default';

export const RULES_FOOTER = `  GWRK_RULES_TOKEN  bearer for --rules http(s)://...
  GWRK_NACOS_USERNAME, GWRK_NACOS_PASSWORD   for --rules nacos://...
  GWRK_APOLLO_SECRET  access key of the app, for --rules apollo://...

Rules (one source; a change at it is in force at once, a bad one changes nothing):
  rules.json                                              a file, watched
  https://host/path                                       asked every 5 s, or held by the server
  nacos://host:port/dataId?group=...&tenant=...           Nacos 1 and 2
  apollo://host:port/appId/cluster/namespace?key=...      Apollo
  nacos+https:// and apollo+https:// speak TLS. PUT /admin/rules on the admin port pushes rules with or without a source.
`;

const NACOS_PORT = '8848';
const APOLLO_PORT = '8080';
const NACOS_GROUP = 'DEFAULT_GROUP';

function refuse(given: string, summary: string, allowed: string = SOURCE_FORMS): GwrkError {
  return new GwrkError('GWRK_USAGE', summary, { where: '--rules', given, allowed });
}

/** For a flag that may stand once: of two sources the last one would win in silence. Throws GWRK_USAGE. */
export function onlyOneSource(given: string, before: string | undefined): string {
  if (before !== undefined) throw refuse(given, '--rules is given twice', 'one source; others push by PUT /admin/rules');
  return given;
}

/** Reads --rules, if it is given. Throws GWRK_USAGE. */
export function parseRulesFlag(given: string | undefined, isEcho: boolean): SourceAddress | undefined {
  if (given === undefined) return undefined;
  if (isEcho) throw refuse(given, 'with --echo there is nothing that rules could govern', '--rules without --echo');
  return parseSourceAddress(given);
}

/** Reads the value of --rules. Throws GWRK_USAGE. */
export function parseSourceAddress(given: string): SourceAddress {
  if (given === '') throw refuse(given, '--rules names nothing');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'file', path: given };
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || url.hostname === '') throw refuse(given, 'this is not a URL');
  if (url.username !== '' || url.password !== '') {
    // What was given is not shown: it holds a password.
    throw new GwrkError('GWRK_USAGE', 'credentials do not belong on the command line, where everybody on this machine can read them', {
      where: '--rules',
      allowed: 'a URL without user:password@',
      hint: 'gwrk serve --help names the environment variables for them',
    });
  }
  if (url.hash !== '') throw refuse(given, 'a source of rules has no #fragment');
  switch (scheme) {
    case 'http':
    case 'https':
      return { kind: 'http', url };
    case 'nacos':
    case 'nacos+https':
      return parseNacos(given, url, serverOf(url, NACOS_PORT));
    case 'apollo':
    case 'apollo+https':
      return parseApollo(given, url, serverOf(url, APOLLO_PORT));
    default:
      throw refuse(given, `rules cannot come from ${scheme}:`);
  }
}

function serverOf(url: URL, defaultPort: string): URL {
  const scheme = url.protocol.endsWith('+https:') ? 'https' : 'http';
  return new URL(`${scheme}://${url.hostname}:${url.port || defaultPort}/`);
}

/** The parts of the path, decoded. */
function partsOf(given: string, url: URL): string[] {
  try {
    return url.pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw refuse(given, 'its path holds a % that is not an escape');
  }
}

/** Reads the query. A name that is not known is a slip of the pen, which would be found much later. */
function queryOf(given: string, url: URL, known: readonly string[]): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (!known.includes(name)) throw refuse(given, `${name}= is not known here`, known.map((one) => `${one}=`).join(', '));
    if (value === '' || name in query) throw refuse(given, `${name}= needs one value`);
    query[name] = value;
  }
  return query;
}

const NACOS_FORM = 'nacos://host:port/dataId?group=...&tenant=... with names of letters, digits, and . : _ -';

function parseNacos(given: string, url: URL, server: URL): SourceAddress {
  const [dataId = '', ...rest] = partsOf(given, url);
  const { group = NACOS_GROUP, tenant = '' } = queryOf(given, url, ['group', 'tenant']);
  // Nacos' own alphabet; it also keeps the separators of the listening protocol out.
  const isName = (text: string): boolean => /^[A-Za-z0-9.:_-]{1,256}$/.test(text);
  if (rest.length > 0 || !isName(dataId) || !isName(group) || (tenant !== '' && !isName(tenant))) {
    throw refuse(given, 'this is not the address of a Nacos configuration', NACOS_FORM);
  }
  return { kind: 'nacos', name: given, id: { server, dataId, group, tenant } };
}

const APOLLO_FORM = 'apollo://host:port/appId/cluster/namespace?key=...';

function parseApollo(given: string, url: URL, server: URL): SourceAddress {
  const [appId = '', cluster = '', namespace = '', ...rest] = partsOf(given, url);
  if (appId === '' || cluster === '' || namespace === '' || rest.length > 0) {
    throw refuse(given, 'this is not the address of an Apollo namespace', APOLLO_FORM);
  }
  // Apollo keeps the whole text of a namespace that is a file under one key of this name.
  const isFile = /\.(json|txt)$/i.test(namespace);
  const { key = isFile ? 'content' : 'rules' } = queryOf(given, url, ['key']);
  return { kind: 'apollo', name: given, namespace: { server, appId, cluster, namespace, key } };
}
