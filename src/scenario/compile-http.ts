/** A validated http step -> its program. */
import type { Template } from './expression.js';
import { jsonTemplate } from './message-template.js';
import type { Expectation, HttpStep } from './program.js';
import type { Http } from './schema-http.js';

/** What of the compiler of flows it needs: both report what is wrong with a `{{ }}` at the keys below the step. */
export interface HttpCompiler {
  text(value: string | number | boolean, ...keys: string[]): Template;
  expectation(expect: Http['expect'] & Pick<Http, 'capture'>, ...keys: string[]): Expectation;
}

const TYPES = { text: 'text/plain; charset=utf-8', json: 'application/json' } as const;

/** `target` is that of the file: a url that leads there means the client's own connection. */
export function compileHttp(step: Http, target: string, { text, expectation }: HttpCompiler): HttpStep {
  const { method, path, url, headers, expect, capture, follow, keepalive } = step;
  const kind = (['text', 'json', 'hex'] as const).find((key) => step[key] !== undefined);
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const type = kind === undefined || kind === 'hex' || isTyped ? [] : [{ name: 'content-type', value: { parts: [TYPES[kind]] } }];
  return {
    method: method ?? (kind === undefined ? 'GET' : 'POST'),
    ...placeOf(url, path, target, text),
    headers: [
      ...type,
      ...Object.entries(headers).map(([name, value]) => ({ name: name.toLowerCase(), value: text(value, 'headers', name) })),
    ],
    ...(kind === 'text' ? { body: { kind: 'text', text: text(step.text!, 'text') } } : {}),
    ...(kind === 'json' ? { body: { kind: 'text', text: jsonTemplate(step.json, (part) => text(part, 'json')) } } : {}),
    ...(kind === 'hex' ? { body: { kind: 'bytes', hex: step.hex!.replace(/\s+/g, '') } } : {}),
    ...(expect.status === undefined ? {} : { statuses: expect.status }),
    expect: expectation({ ...expect, capture }, 'expect'),
    follow,
    keepalive,
  };
}

function placeOf(url: Http['url'], path: Http['path'], target: string, text: HttpCompiler['text']): Pick<HttpStep, 'origin' | 'path'> {
  if (url === undefined) return path === undefined ? {} : { path: text(path, 'path') };
  const origin = /^https?:\/\/[^/?#]+/i.exec(String(url))![0];
  const rest = String(url).slice(origin.length);
  const known = new URL(origin).origin;
  const own = URL.canParse(target) && new URL(target).origin === known;
  return { ...(own ? {} : { origin: known }), path: text(rest.startsWith('/') ? rest : `/${rest}`, 'url') };
}
