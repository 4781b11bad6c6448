/** The http step: a request to the target, or to another origin in front of it (a login), and what its answer must be. */
import * as z from 'zod';
import { captures } from './schema-feeder.js';
import { addIssue, always, clientText, count, durationUs, jsonPointer, oneValue } from './schema-values.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const withoutExpressions = (value: string | number | boolean): string => String(value).replace(/\{\{.*?\}\}/gs, '');

/** Those that say where a request ends and whose connection it is are ours. */
const OWN_HEADERS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'expect']);

const headers = z.record(z.string(), clientText()).superRefine((value, context) => {
  for (const [name, text] of Object.entries(value)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) addIssue(context, 'this is no name of a header', { given: name, atKey: true }, [name]);
    else if (OWN_HEADERS.has(name.toLowerCase())) addIssue(context, 'gwrk sets this header itself', { given: name, atKey: true }, [name]);
    if (/[\r\n\0]/.test(String(text))) addIssue(context, 'a header is one line', {}, [name]);
  }
});

const status = () => count(200, 599);

const httpExpect = z.strictObject({
  status: z
    .union([status(), z.array(status()).min(1).max(50)], { error: 'a status such as 200, or a list of them' })
    .transform((value) => (typeof value === 'number' ? [value] : value))
    .optional()
    .describe('The status that passes, or a list. Absent: below 400.'),
  within: durationUs(1000).prefault('10s').describe('The whole answer must come within this time.'),
  text: clientText().optional().describe('The body must be this text.'),
  contains: clientText().optional().describe('The body must contain this text.'),
  json: z.record(jsonPointer(), oneValue()).optional().describe('JSON pointer: the value that must stand there in the body.'),
});

const URL_FORM = 'http://host:port/path or https://host:port/path';

export const http = z
  .strictObject({
    method: z.enum(METHODS).optional().describe('Default: GET, or POST with a body.'),
    path: clientText()
      .superRefine((value, context) => {
        if (!/^\/[^\s#]*$/.test(withoutExpressions(value)))
          addIssue(context, 'this is not a path', { allowed: '/ and no spaces after it' });
      })
      .optional()
      .describe('On an http:// or https:// target: instead of its path.'),
    url: clientText()
      .superRefine((value, context) => {
        const text = String(value);
        const origin = /^https?:\/\/[^/?#{}\s]+/i.exec(text)?.[0];
        if (origin === undefined || !URL.canParse(origin) || /[#\s]/.test(withoutExpressions(text).slice(origin.length)))
          addIssue(context, 'this is not a URL of HTTP whose host is known before the start', { allowed: URL_FORM });
        else if (origin.includes('@')) addIssue(context, 'a URL holds no user or password', { given: '…', allowed: 'headers:' });
      })
      .optional()
      .describe(
        'A server beside the target, whose connections all clients of a worker share: http:// or https://, the host without {{ }}.',
      ),
    headers: headers.prefault({}).describe('More headers of the request.'),
    text: clientText().optional().describe('A body of text.'),
    json: z.unknown().optional().describe('A body: this value as JSON, {{ }} filled in.'),
    hex: z
      .string()
      .max(131_072)
      .regex(/^([0-9a-fA-F]{2}|\s)*$/, { error: 'pairs of hex digits, spaces between them as you like' })
      .optional()
      .describe('A body of bytes, as hex digits.'),
    expect: httpExpect.prefault({}).describe('The answer; it is always awaited and timed.'),
    capture: captures().optional().describe('Keeps values of the body by name, for `{{ }}` in later steps of the client.'),
    follow: count(0, 20).prefault(0).describe('Redirects that are followed, on the same host and port only.'),
    keepalive: z.boolean().prefault(true).describe('false asks the server to end the connection behind its answer.'),
  })
  .superRefine((value, context) => {
    if (value === null || typeof value !== 'object') return;
    const bodies = (['text', 'json', 'hex'] as const).filter((key) => value[key] !== undefined);
    if (bodies.length > 1) addIssue(context, 'a request has one body', { given: bodies.join(', '), allowed: 'one of text, json and hex' });
    if (value.path !== undefined && value.url !== undefined)
      addIssue(context, 'url has a path already', { hint: 'leave path out', atKey: true }, ['path']);
  }, always);

export type Http = z.output<typeof http>;
