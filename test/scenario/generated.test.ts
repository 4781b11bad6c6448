import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { keyTables } from '../../src/scenario/key-table.js';
import { loadScenario } from '../../src/scenario/load.js';
import { scenarioJsonSchema } from '../../src/scenario/schema.js';
import { type JsonSchema, resolveReference, rootSchema } from '../../src/scenario/schema-lookup.js';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = read('docs/scenarios.md');

test('schema/scenario.json is what the schema says (else: node schema/write.js)', () => {
  assert.deepEqual(JSON.parse(read('schema/scenario.json')), JSON.parse(JSON.stringify(scenarioJsonSchema())));
});

test('the tables of docs/scenarios.md are what the schema says (else: node schema/write.js)', () => {
  assert.ok(page.includes(`\n\n${keyTables()}\n<!-- keys: end -->`));
});

test('every key of the schema has a description', () => {
  const without: string[] = [];
  const look = (given: JsonSchema, path: string, seen: ReadonlySet<string>): void => {
    if (given.$ref !== undefined && seen.has(given.$ref)) return;
    const deeper = given.$ref === undefined ? seen : new Set([...seen, given.$ref]);
    const schema = resolveReference(given);
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (path !== 'environments.*' && resolveReference(value).description === undefined && value.const === undefined)
        without.push(`${path}.${key}`);
      look(value, path === '' ? key : `${path}.${key}`, deeper);
    }
    if (typeof schema.additionalProperties === 'object') look(schema.additionalProperties, `${path}.*`, deeper);
    for (const inner of [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])])
      look(inner, path, deeper);
  };
  look(rootSchema(), '', new Set());
  assert.deepEqual(without, []);
});

test('the examples of docs/scenarios.md are right', () => {
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
  const [whole, variables, environments] = blocks;
  assert.equal(loadScenario(whole!, { file: 'docs' }).plan.maxClients, 2000);
  assert.ok(read('scenarios/million.yaml').includes(variables!));
  assert.equal(loadScenario(`${whole}${environments}`, { file: 'docs', environmentName: 'ci' }).plan.maxClients, 200);
  const others = blocks.slice(3);
  assert.ok(others.length >= 8);
  for (const block of others) {
    if (block.startsWith('name:')) {
      assert.ok(loadScenario(block, { file: 'docs' }).plan.maxClients > 0, block);
      continue;
    }
    const scenarios = block.startsWith('- ')
      ? `only:\n  executor: constant-clients\n  clients: 1\n  duration: 1s\n  flow:\n${flowOf(block)}`
      : block;
    const text = `name: x\ntarget: ws://h/\nscenarios:\n${scenarios.replace(/^/gm, '  ')}`;
    assert.ok(loadScenario(text, { file: 'docs' }).plan.scenarios.length > 0, block);
  }
});

/** The steps of an example, connected first where it does not do so itself. */
const flowOf = (steps: string): string => `${/connect: \{\}/.test(steps) ? '' : '- connect: {}\n'}${steps}`.replace(/^/gm, '    ');
