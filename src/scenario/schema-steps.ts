/** The steps of a flow. A step is a map with one key. */
import * as z from 'zod';
import { CODE_NAMES } from '../protocol/packet/codes.js';
import { didYouMean } from './nearest-name.js';
import { broadcast, match } from './schema-broadcast.js';
import { captures } from './schema-feeder.js';
import { type Branch, chooseOf, type Every, everyOf, reconnect, think } from './schema-flow.js';
import { framing } from './schema-framing.js';
import { http } from './schema-http.js';
import { bytesAt, packetFields } from './schema-layouts.js';
import { addIssue, always, clientNumber, clientText, count, durationUs, fixedText, jsonPointer, oneValue, share } from './schema-values.js';

const timeout = () => durationUs(1000).prefault('10s').describe('How long to wait for the answer.');
const HEX = /^([0-9a-fA-F]{2}|\s)*$/;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PAYLOADS = ['text', 'json', 'hex', 'base64', 'file', 'packet'] as const;
const hexBytes = () => z.string().max(131_072).regex(HEX, { error: 'pairs of hex digits, spaces between them as you like' });
const jsonValues = () => z.record(jsonPointer(), oneValue());

const within = () =>
  durationUs(1000)
    .prefault('10s')
    .describe('It must come within this time of the send, or where nothing is sent of the start of the step.');

const CODES = new Map([...CODE_NAMES].map(([code, text]) => [text, code]));
const resultCode = z.union([z.string(), z.number()], { error: 'ok, or the name of a code' }).transform((value, context): number => {
  const code = typeof value === 'number' ? value : CODES.get(value.toUpperCase());
  if (code !== undefined && Number.isInteger(code) && code >= 0 && code <= 0xffff) return code;
  addIssue(context, 'there is no such code', {
    allowed: [...CODES.keys()].join(', ').toLowerCase(),
    ...hintOf(didYouMean(String(value).toUpperCase(), CODES.keys())),
  });
  return z.NEVER;
});
const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint: hint.toLowerCase() });

const operationExpect = z.strictObject({
  within: within(),
  code: resultCode.optional().describe('The result that passes: ok, a name (NO_ROOM), or a number. Absent: any.'),
});

const messageExpect = z.strictObject({
  within: within(),
  text: clientText().optional().describe('The message must be this text.'),
  contains: clientText().optional().describe('The message must contain this text.'),
  json: jsonValues().optional().describe('JSON pointer: the value that must stand there.'),
  packet: fixedText(64)
    .optional()
    .describe('The message must be a packet of this layout; fields whose value the layout fixes must have it.'),
  fields: packetFields().optional().describe('With packet: what its fields must hold. Fields that are not named may hold anything.'),
  bytes: bytesAt.optional().describe('Numbers at fixed places of the message.'),
});

const send = z
  .strictObject({
    text: clientText().optional().describe('A text message.'),
    json: z.unknown().optional().describe('A text message: this value as JSON, {{ }} filled in.'),
    hex: hexBytes().optional().describe('A binary message, as hex digits.'),
    base64: z
      .string()
      .max(131_072)
      .regex(BASE64, { error: 'base64 (RFC 4648), padded' })
      .optional()
      .describe('A binary message, as base64.'),
    file: fixedText(1024)
      .optional()
      .describe('A binary message: this file, beside the scenario or below, read once before the start; at most 1 MiB.'),
    packet: fixedText(64).optional().describe('A binary message: a packet of this layout.'),
    fields: packetFields().optional().describe('With packet: what its fields hold. Others have the value that their layout gives them.'),
    match: match.optional().describe('How an answer finds its request. Absent: by order.'),
    broadcast: broadcast
      .optional()
      .describe('The server passes the message on to others: they are counted, and timed from the intended send.'),
    expect: messageExpect.optional().describe('Waits for the answer, times it and checks it. Absent: nothing is awaited.'),
    capture: captures().optional().describe('Keeps values of the answer by name, for `{{ }}` in later steps of the client.'),
  })
  .superRefine((value, context) => {
    if (value === null || typeof value !== 'object') return;
    const given = PAYLOADS.filter((key) => value[key] !== undefined);
    if (given.length !== 1)
      addIssue(context, `send needs exactly one of ${PAYLOADS.join(', ')}`, {
        given: given.join(', ') || 'none of them',
        allowed: PAYLOADS.join(', '),
      });
    if (value.fields && value.packet === undefined)
      addIssue(context, 'fields are those of a packet', { hint: 'add packet: with the name of a layout', atKey: true }, ['fields']);
    if (value.match && !value.expect && !value.broadcast)
      addIssue(context, 'match pairs answers, but no answer is expected', { hint: 'add expect: {}', atKey: true }, ['match']);
    if (value.broadcast && !value.broadcast.match && !value.match)
      addIssue(
        context,
        'broadcast needs a match, or its receivers do not know the message',
        { allowed: 'match: { json: /id }', atKey: true },
        ['broadcast'],
      );
    if (value.capture && !value.expect)
      addIssue(context, 'capture reads an answer, but no answer is expected', { hint: 'add expect: {}', atKey: true }, ['capture']);
  }, always);

const i32 = () => clientNumber(-(2 ** 31), 2 ** 31 - 1);
const u32 = () => clientNumber(0, 2 ** 32 - 1);
const operationAnswer = { expect: operationExpect.prefault({}).describe('The answer; it is always awaited and timed.') };

const operation = z.discriminatedUnion('code', [
  z
    .strictObject({
      code: z.literal('echo'),
      text: clientText().optional().describe('The payload, as text.'),
      hex: hexBytes().optional().describe('The payload, as hex digits.'),
      signed: z.boolean().prefault(false).describe('Sends OP_SIGNED (timestamp, nonce, MAC) instead of OP.'),
      ...operationAnswer,
    })
    .refine((value) => value.text === undefined || value.hex === undefined, { error: 'the payload is either text or hex' }),
  z.strictObject({
    code: z.literal('move'),
    x: i32().describe('Where to, -2147483648 to 2147483647.'),
    y: i32().describe('Where to, -2147483648 to 2147483647.'),
    ...operationAnswer,
  }),
  z.strictObject({
    code: z.literal('trade').describe('Critical, so always signed; the server lets 5 in 10 s through.'),
    item: u32().describe('0 to 4294967295.'),
    amount: u32().describe('0 to 4294967295.'),
    ...operationAnswer,
  }),
]);

const withoutExpressions = (value: string | number | boolean): string => String(value).replace(/\{\{.*?\}\}/gs, '');

const login = z
  .strictObject({
    uid: clientText().describe('The user: letters, digits, - and _, at most 64.'),
    proof: z
      .enum(['none', 'ticket', 'scrypt'])
      .prefault('none')
      .describe('How the first factor is proven; none needs a server on loopback.'),
    secret: clientText().optional().describe('The ticket or password; not with proof none.'),
    timeout: timeout(),
  })
  .superRefine((value, context) => {
    const literal = withoutExpressions(value.uid);
    if (!/^[A-Za-z0-9_-]*$/.test(literal) || literal.length > 64 || value.uid === '')
      addIssue(context, 'this is no uid', { allowed: 'letters, digits, - and _, at most 64' }, ['uid']);
    if (value.proof === 'none' && value.secret !== undefined)
      addIssue(context, 'proof none takes no secret', { hint: 'set proof: ticket or proof: scrypt', atKey: true }, ['secret']);
    if (value.proof !== 'none' && value.secret === undefined)
      addIssue(context, 'secret is missing', { allowed: `the text that proves ${value.proof}` });
  });

// Those that make the upgrade itself (RFC 6455 section 4.1) are ours.
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
  'content-length',
  'transfer-encoding',
]);
const headers = z.record(z.string(), clientText()).superRefine((value, context) => {
  for (const [name, text] of Object.entries(value)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) addIssue(context, 'this is no name of a header', { given: name, atKey: true }, [name]);
    else if (OWN_HEADERS.has(name.toLowerCase())) addIssue(context, 'gwrk sets this header itself', { given: name, atKey: true }, [name]);
    if (/[\r\n\0]/.test(String(text))) addIssue(context, 'a header is one line', {}, [name]);
  }
});

const connect = z.strictObject({
  path: clientText()
    .superRefine((value, context) => {
      if (!/^\/[^\s#]*$/.test(withoutExpressions(value))) addIssue(context, 'this is not a path', { allowed: '/ and no spaces after it' });
    })
    .optional()
    .describe('Instead of the path of the target.'),
  headers: headers.prefault({}).describe('More headers of the upgrade request.'),
  subprotocol: fixedText(256).optional().describe('Sec-WebSocket-Protocol.'),
  framing: framing.optional().describe('For tcp and tls: how messages are told apart. Absent: as the scenario says.'),
  timeout: timeout(),
});

const heartbeat = z.strictObject({
  every: durationUs(1000).prefault('10s').describe('The period. Runs beside the flow until the connection ends.'),
  jitter: share().prefault('5%').describe('Each period is varied by up to this share, both ways.'),
});

const disconnect = z.strictObject({
  code: z
    .number()
    .superRefine((value, context) => {
      const isAllowed = value === 1000 || (Number.isInteger(value) && value >= 3000 && value <= 4999);
      if (!isAllowed) addIssue(context, 'a client may not close with this code', { allowed: '1000, or 3000 to 4999' });
    })
    .prefault(1000)
    .describe('The WebSocket close code.'),
  polite: z.boolean().prefault(true).describe('After auth: DISCONNECT and ACK_CLOSE of the reference protocol first.'),
});

export const STEP_NAMES = [
  'login',
  'connect',
  'auth',
  'heartbeat',
  'join',
  'leave',
  'op',
  'send',
  'expect',
  'http',
  'think',
  'loop',
  'choose',
  'every',
  'disconnect',
  'reconnect',
] as const;

const plainSteps = {
  login: login.optional().describe('Fetches credentials (both factors) from the login address of the target.'),
  connect: connect.optional().describe('Opens the connection to the target.'),
  auth: z.strictObject({ timeout: timeout() }).optional().describe('Proves both factors on the connection.'),
  heartbeat: heartbeat
    .optional()
    .describe(
      'Starts signed heartbeats, the first at a random moment of the period. Beats more than 10 s apart go out together with a planned `op` that is due within their jitter.',
    ),
  join: z
    .strictObject({ room: clientNumber(0, 2 ** 32 - 1).describe('Number of the room, from 0.'), timeout: timeout() })
    .optional()
    .describe('Enters a room.'),
  leave: z.strictObject({ timeout: timeout() }).optional().describe('Leaves the room.'),
  op: operation.optional().describe('An operation of the reference protocol.'),
  send: send.optional().describe('A message to any server.'),
  expect: messageExpect
    .extend({ capture: captures().optional().describe('Keeps values of the message by name, for `{{ }}` in later steps of the client.') })
    .optional()
    .describe('Waits for a message that no send of ours caused.'),
  http: http.optional().describe('A request of HTTP, and its answer.'),
  think: think.optional().describe('Does nothing for a time: `think: 2s`, or a time drawn anew each time.'),
  disconnect: disconnect.optional().describe('Closes the connection.'),
  reconnect: reconnect
    .optional()
    .describe(
      'Written before the first connect: a client whose connection is lost or cannot be opened connects again, and goes on with its flow from that connect step.',
    ),
};

/** Written out, because a type cannot be inferred from a schema that holds itself. */
export type Step = { readonly [Name in keyof typeof plainSteps]?: z.output<(typeof plainSteps)[Name]> } & {
  readonly loop?: Loop | undefined;
  readonly choose?: readonly Branch<Step>[] | undefined;
  readonly every?: Every<Pick<Step, 'send' | 'op'>> | undefined;
};

export interface Loop {
  readonly every?: number | undefined;
  readonly for?: number | undefined;
  readonly count?: number | undefined;
  readonly steps: readonly Step[];
}

const loop = z.strictObject({
  every: durationUs(1)
    .optional()
    .describe('Paced: a round is planned every so often, whether or not the last one is over. Absent: the next round follows the last.'),
  for: durationUs(1).optional().describe('Ends after this time.'),
  count: count(1, 1_000_000_000).optional().describe('Ends after that many rounds. Without for and count: when the scenario ends.'),
  steps: z
    .array(z.lazy((): z.ZodType<Step> => step))
    .min(1)
    .max(1000)
    .describe('What to repeat.'),
});

// That a step has one key and not two is checked with the order of the flow (flow-order.ts).
const step: z.ZodType<Step> = z
  .strictObject({
    ...plainSteps,
    loop: loop.optional().describe('Repeats steps.'),
    choose: chooseOf(z.lazy((): z.ZodType<Step> => step))
      .optional()
      .describe('One of several branches, drawn each time by weight, from the seed of the run.'),
    every: everyOf(z.strictObject({ send: plainSteps.send, op: plainSteps.op }))
      .optional()
      .describe('Sends beside the flow, from here until the connection ends. A flow has four of them at most.'),
  })
  .meta({ id: 'step', minProperties: 1, maxProperties: 1 });

export const steps = () => z.array(step).min(1).max(1000);

export type StepOf<Name extends keyof Step> = NonNullable<Step[Name]>;
