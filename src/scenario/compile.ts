/** A validated flow -> a program. The order of steps has been checked (flow-order.ts); nothing here can fail but `{{ }}`. */
import { operationByName } from '../protocol/packet/opcodes.js';
import { captureRulesOf } from './capture-rules.js';
import { broadcastOf } from './compile-broadcast.js';
import { compileHttp } from './compile-http.js';
import type { Expression, Template } from './expression.js';
import { templateMaxBytes } from './expression-evaluate.js';
import { type Constants, ExpressionError, literal, parseTemplate } from './expression-parse.js';
import { type Framing, longestMessage, NO_FRAMING } from './framing.js';
import { jsonTemplate } from './message-template.js';
import type { ValueReader } from './packet-values.js';
import { reconnectOf, thinkOf } from './pauses.js';
import { binaryExpectation, binaryPayload, matchOf, type PayloadSources, plainHex } from './payloads.js';
import {
  type Expectation,
  INSTRUCTION_WORDS,
  OP_AUTH,
  OP_CHOOSE,
  OP_CONNECT,
  OP_DISCONNECT,
  OP_DRIVE,
  OP_END,
  OP_EVERY,
  OP_EXPECT,
  OP_HEARTBEAT,
  OP_HTTP,
  OP_JOIN,
  OP_JUMP,
  OP_LEAVE,
  OP_LOGIN,
  OP_LOOP,
  OP_NEXT,
  OP_OPERATION,
  OP_SEND,
  OP_THINK,
  type OperationStep,
  type PayloadField,
  type Program,
  type ReconnectStep,
  type SendStep,
} from './program.js';
import type { Loop, Step, StepOf } from './schema-steps.js';
import type { IssueDetails } from './schema-values.js';

type Path = readonly PropertyKey[];
/** Told of a `{{ }}` that does not parse, or does not give what its place needs. */
export type ReportExpression = (path: Path, error: ExpressionError, text: string) => void;
type Lists = { -readonly [Name in Exclude<keyof Program, 'code' | 'reconnect'>]: Program[Name][number][] };

/** What the file says around a flow. */
export interface Surroundings extends PayloadSources {
  /** Of the scenario; a connect step may say otherwise. */
  readonly framing?: Framing | undefined;
  /** The target is a plain stream. */
  readonly isStream?: boolean;
  /** A driver takes over at its end. */
  readonly isDriven?: boolean;
  readonly target?: string;
  /** Told of what is wrong in a step for a reason that no schema knows. */
  readonly refuse?: (path: Path, summary: string, details: IssueDetails) => void;
}

/** The program of a flow that stands at `path` of the file. */
export function compileFlow(
  flow: readonly Step[],
  path: Path,
  constants: Constants,
  report: ReportExpression,
  around: Surroundings = {},
): Program {
  const compiler = new FlowCompiler(constants, report, around);
  compiler.steps(flow, path, 0);
  return compiler.finish();
}

class FlowCompiler {
  readonly #constants: Constants;
  readonly #report: ReportExpression;
  readonly #code: number[] = [];
  readonly #lists: Lists = {
    durationsUs: [],
    logins: [],
    connects: [],
    heartbeats: [],
    rooms: [],
    operations: [],
    sends: [],
    expects: [],
    thinks: [],
    loops: [],
    chooses: [],
    everys: [],
    https: [],
  };
  readonly #around: Surroundings;
  #framing: Framing | undefined;
  readonly #reader: ValueReader = {
    text: (value, path) => this.#text(value, path),
    expression: (value, path) => this.#value(value, path),
    refuse: (path, summary, details) => this.#around.refuse?.(path, summary, details),
  };
  #authenticated = false;
  #reconnect: ReconnectStep | undefined;

  constructor(constants: Constants, report: ReportExpression, around: Surroundings) {
    this.#constants = constants;
    this.#report = report;
    this.#around = around;
  }

  finish(): Program {
    if (this.#around.isDriven === true) {
      this.#emit(OP_DRIVE);
      this.#emit(OP_DISCONNECT, 1000);
    }
    this.#emit(OP_END);
    const reconnect = this.#reconnect === undefined ? {} : { reconnect: this.#reconnect };
    return { code: Int32Array.from(this.#code), ...this.#lists, ...reconnect };
  }

  steps(steps: readonly Step[], path: Path, depth: number): void {
    for (const [index, step] of steps.entries()) this.#step(step, [...path, index], depth);
  }

  #emit(opcode: number, a = 0, b = 0): number {
    this.#code.push(opcode, a, b, 0);
    return this.#code.length / INSTRUCTION_WORDS - 1;
  }

  #step(step: Step, path: Path, depth: number): void {
    const { durationsUs, logins, connects, heartbeats, rooms, operations, sends, expects, thinks } = this.#lists;
    if (step.login) {
      const { uid, proof, secret, timeout } = step.login;
      const shared = { uid: this.#text(uid, [...path, 'login', 'uid']), proof, timeoutUs: timeout };
      logins.push(secret === undefined ? shared : { ...shared, secret: this.#text(secret, [...path, 'login', 'secret']) });
      this.#emit(OP_LOGIN, logins.length - 1);
    } else if (step.connect) {
      connects.push(this.#connect(step.connect, [...path, 'connect']));
      this.#emit(OP_CONNECT, connects.length - 1);
    } else if (step.auth) {
      durationsUs.push(step.auth.timeout);
      this.#authenticated = true;
      this.#emit(OP_AUTH, durationsUs.length - 1);
    } else if (step.heartbeat) {
      heartbeats.push({ periodUs: step.heartbeat.every, jitter: step.heartbeat.jitter });
      this.#emit(OP_HEARTBEAT, heartbeats.length - 1);
    } else if (step.join) {
      rooms.push({ room: this.#number(step.join.room, [...path, 'join', 'room']), timeoutUs: step.join.timeout });
      this.#emit(OP_JOIN, rooms.length - 1);
    } else if (step.leave) {
      durationsUs.push(step.leave.timeout);
      this.#emit(OP_LEAVE, durationsUs.length - 1);
    } else if (step.op) {
      operations.push(this.#operation(step.op, [...path, 'op']));
      this.#emit(OP_OPERATION, operations.length - 1);
    } else if (step.send) {
      sends.push(this.#send(step.send, [...path, 'send']));
      this.#emit(OP_SEND, sends.length - 1);
    } else if (step.expect) {
      expects.push(this.#expectation(step.expect, [...path, 'expect']));
      this.#emit(OP_EXPECT, expects.length - 1);
    } else if (step.think !== undefined) {
      thinks.push(thinkOf(step.think));
      this.#emit(OP_THINK, thinks.length - 1);
    } else if (step.http) {
      this.#http(step.http, [...path, 'http']);
    } else if (step.disconnect) {
      this.#emit(OP_DISCONNECT, step.disconnect.code, step.disconnect.polite && this.#authenticated ? 1 : 0);
      this.#authenticated = false;
    } else if (step.loop) {
      this.#loop(step.loop, [...path, 'loop'], depth);
    } else if (step.choose) {
      this.#choose(step.choose, [...path, 'choose'], depth);
    } else if (step.reconnect) {
      this.#reconnect = reconnectOf(step.reconnect);
    } else if (step.every) {
      this.#every(step.every, [...path, 'every'], depth);
    }
  }

  #loop(loop: Loop, path: Path, depth: number): void {
    const { loops } = this.#lists;
    const number = loops.length;
    const { every, count, for: forUs } = loop;
    loops.push({
      depth,
      ...(every === undefined ? {} : { periodUs: every }),
      ...(count === undefined ? {} : { count }),
      ...(forUs === undefined ? {} : { forUs }),
    });
    const head = this.#emit(OP_LOOP, number);
    this.steps(loop.steps, [...path, 'steps'], depth + 1);
    const next = this.#emit(OP_NEXT, number, head + 1);
    this.#code[head * INSTRUCTION_WORDS + 2] = next + 1;
  }

  #choose(branches: StepOf<'choose'>, path: Path, depth: number): void {
    const total = branches.reduce((sum, { weight }) => sum + weight, 0);
    const sums = branches.map((_, last) => branches.slice(0, last + 1).reduce((sum, { weight }) => sum + weight, 0));
    const number = this.#lists.chooses.length;
    this.#lists.chooses.push({ upTo: [], branches: [], after: 0 });
    this.#emit(OP_CHOOSE, number);
    const wasAuthenticated = this.#authenticated;
    const starts: number[] = [];
    const jumps: number[] = [];
    for (const [index, { steps }] of branches.entries()) {
      this.#authenticated = wasAuthenticated;
      starts.push(this.#code.length / INSTRUCTION_WORDS);
      this.steps(steps, [...path, index, 'steps'], depth);
      jumps.push(this.#emit(OP_JUMP));
    }
    const after = this.#code.length / INSTRUCTION_WORDS;
    for (const jump of jumps) this.#code[jump * INSTRUCTION_WORDS + 1] = after;
    this.#lists.chooses[number] = { upTo: sums.map((sum) => sum / total), branches: starts, after };
  }

  #every({ period, jitter, steps }: StepOf<'every'>, path: Path, depth: number): void {
    const { everys } = this.#lists;
    const head = this.#emit(OP_EVERY, everys.length);
    this.steps(steps, [...path, 'steps'], depth);
    const after = this.#code.length / INSTRUCTION_WORDS;
    this.#code[head * INSTRUCTION_WORDS + 2] = after;
    everys.push({ periodUs: period, jitter, body: head + 1, after });
  }

  #connect({ path: target, headers, subprotocol, framing, timeout }: StepOf<'connect'>, path: Path): Program['connects'][number] {
    this.#framing = this.#around.isStream === true ? (framing ?? this.#around.framing ?? NO_FRAMING) : undefined;
    return {
      ...(this.#framing === undefined ? {} : { framing: this.#framing }),
      ...(target === undefined ? {} : { path: this.#text(target, [...path, 'path']) }),
      headers: Object.entries(headers).map(([name, value]) => ({ name, value: this.#text(value, [...path, 'headers', name]) })),
      ...(subprotocol === undefined ? {} : { subprotocol }),
      timeoutUs: timeout,
    };
  }

  #http(step: StepOf<'http'>, path: Path): void {
    const { https, connects } = this.#lists;
    const http = compileHttp(step, this.#around.target ?? '', {
      text: (value, ...keys) => this.#text(value, [...path, ...keys]),
      expectation: (expect, ...keys) => this.#expectation(expect, [...path, ...keys]),
    });
    if (http.origin === undefined) {
      connects.push({ headers: [], timeoutUs: http.expect.withinUs });
      this.#emit(OP_CONNECT, connects.length - 1);
    }
    https.push(http);
    this.#emit(OP_HTTP, https.length - 1);
  }

  #operation(op: StepOf<'op'>, path: Path): OperationStep {
    const { opcode, fields, plain } = operationByName(op.code)!;
    const { within, code } = op.expect;
    const expect = code === undefined ? { withinUs: within } : { withinUs: within, code };
    if (op.code === 'echo') return { opcode, signed: op.signed, payload: this.#echoPayload(op, path), expect };
    const values = op as unknown as Readonly<Record<string, number | string>>;
    const payload = fields.map(({ name, kind }): PayloadField => ({ kind, value: this.#number(values[name]!, [...path, name]) }));
    return { opcode, signed: !plain, payload, expect };
  }

  #echoPayload({ text, hex }: Extract<StepOf<'op'>, { code: 'echo' }>, path: Path): PayloadField[] {
    if (hex !== undefined) return [{ kind: 'bytes', hex: plainHex(hex) }];
    return text === undefined ? [] : [{ kind: 'text', value: this.#text(text, [...path, 'text']) }];
  }

  #send(send: StepOf<'send'>, path: Path): SendStep {
    const { text, json, expect, capture } = send;
    const match = matchOf(send, this.#around.layouts, path, this.#reader);
    const rest: Pick<SendStep, 'match' | 'expect' | 'broadcast'> = {
      ...(match === undefined ? {} : { match }),
      ...broadcastOf(send, this.#around.layouts, path, this.#reader),
      ...(expect === undefined ? {} : { expect: this.#expectation({ ...expect, capture }, [...path, 'expect']) }),
    };
    const binary = binaryPayload(send, this.#around, path, this.#reader);
    if (binary !== undefined) {
      this.#checkLength(binary.maxBytes, path);
      return { kind: 'binary', ...binary.payload, ...rest };
    }
    const message =
      text === undefined ? jsonTemplate(json, (part) => this.#text(part, [...path, 'json'])) : this.#text(text, [...path, 'text']);
    this.#checkLength(templateMaxBytes(message), path);
    return { kind: 'text', text: message, ...rest };
  }

  /** Whether the framing of the connection can say the length of a message that may have that many bytes. */
  #checkLength(bytes: number, path: Path): void {
    const most = this.#framing === undefined ? Number.POSITIVE_INFINITY : longestMessage(this.#framing);
    if (bytes > most)
      this.#around.refuse?.(path, 'this message may be longer than the length of its framing can say', {
        given: `up to ${bytes} bytes`,
        allowed: `${most} bytes`,
        hint: 'widen the length: framing: { length: { width: 4 } }',
      });
  }

  #expectation(expectation: StepOf<'expect'>, path: Path): Expectation {
    const { within, text, contains, json, capture } = expectation;
    const captures = captureRulesOf(capture, this.#constants);
    return {
      withinUs: within,
      ...binaryExpectation(expectation, this.#around.layouts, path, this.#reader),
      ...(text === undefined ? {} : { text: this.#text(text, [...path, 'text']) }),
      ...(contains === undefined ? {} : { contains: this.#text(contains, [...path, 'contains']) }),
      ...(json === undefined
        ? {}
        : { json: Object.entries(json).map(([pointer, value]) => ({ pointer, equals: this.#value(value, [...path, 'json', pointer]) })) }),
      ...(captures.length === 0 ? {} : { captures }),
    };
  }

  #text(value: string | number | boolean, path: Path): Template {
    const text = String(value);
    try {
      return parseTemplate(text, this.#constants);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#report(path, error, text);
      return { parts: [] };
    }
  }

  /** One value: a literal, or the expression of a text that is one `{{ }}`. */
  #value(value: string | number | boolean, path: Path): Expression {
    if (typeof value !== 'string' || !value.includes('{{')) return literal(value);
    const [only] = this.#text(value.trim(), path).parts;
    return typeof only === 'object' ? only : literal(only ?? '');
  }

  #number(value: string | number, path: Path): Expression {
    const expression = this.#value(value, path);
    if (expression.kind === 'string') return literal(Number(expression.value));
    if (expression.kind === 'call' && expression.name === 'uuid')
      this.#report(path, new ExpressionError('uuid() is not a number', 0), String(value));
    return expression;
  }
}
