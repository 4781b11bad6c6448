/** The tables of keys in docs/scenarios.md, made from the schema, so that they cannot say anything else. */
import { type JsonSchema, resolveReference, rootSchema } from './schema-lookup.js';
import { COUNT_PATTERN, DURATION_PATTERN, SHARE_PATTERN } from './units.js';

/** Markdown: a table of all keys of the file, of each executor and of each step. */
export function keyTables(): string {
  const root = rootSchema();
  const { scenarios, thresholds, environments, layouts, ...rest } = root.properties ?? {};
  const executors = valuesOf(scenarios).oneOf ?? [];
  const [first] = executors;
  const common = Object.keys(first?.properties ?? {}).filter(
    (key) => executors.every(({ properties }) => properties?.[key] !== undefined) && key !== 'executor',
  );
  const rule = (resolveReference(valuesOf(thresholds)).items?.anyOf ?? []).find(({ properties }) => properties !== undefined);
  const step = resolveReference(first?.properties?.flow?.items ?? {});
  return [
    section('The file', { ...root, properties: { ...rest, ...pick({ layouts, scenarios, thresholds, environments }) } }, true),
    section('Every scenario', only(first ?? {}, common), false),
    ...executors.map((executor) => {
      const own = Object.keys(executor.properties ?? {}).filter((key) => !common.includes(key) && key !== 'executor');
      const { const: name, description } = executor.properties?.executor ?? {};
      return section(`\`executor: ${name}\``, only(executor, own), true, description);
    }),
    section('A threshold as a map', rule ?? {}, false),
    section('A layout', resolveReference(valuesOf(layouts)), true),
    ...Object.entries(step.properties ?? {}).flatMap(([name, schema]) => stepSections(name, schema)),
  ].join('\n');
}

function stepSections(name: string, schema: JsonSchema): string[] {
  if (!schema.oneOf) return [section(`\`${name}\``, mapOf(schema), true, schema.description)];
  return schema.oneOf.map((one) => {
    const { code, ...properties } = one.properties ?? {};
    const about = [schema.description, code?.description].filter((text) => text !== undefined).join(' ');
    return section(`\`${name}: { code: ${code?.const} }\``, { ...one, properties }, true, about);
  });
}

/** The map among the forms that a step may take, or that its list is made of. */
function mapOf(schema: JsonSchema): JsonSchema {
  if (schema.properties) return schema;
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema.items ?? schema;
}

function section(title: string, schema: JsonSchema, nested: boolean, about?: string): string {
  const rows = rowsOf(schema, '', nested);
  const table = rows.length > 0 ? `| key | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n` : 'No keys: write `{}`.\n';
  return `### ${title}\n\n${about === undefined ? '' : `${about}\n\n`}${table}`;
}

function rowsOf(schema: JsonSchema, prefix: string, nested: boolean): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, given]) => {
    const value = resolveReference(given);
    const inner = value.properties ? value : (value.anyOf?.find(({ properties }) => properties !== undefined) ?? value.items ?? {});
    const deeper = nested && inner.properties ? rowsOf(inner, `${prefix}${key}.`, true) : [];
    const required = schema.required?.includes(key) ?? false;
    const byDefault = value.default === undefined ? (required ? 'required' : '') : `\`${showDefault(value.default)}\``;
    return [`| \`${prefix}${key}\` | ${escapeCell(kindOf(value))} | ${byDefault} | ${escapeCell(value.description ?? '')} |`, ...deeper];
  });
}

const showDefault = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function kindOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.pattern === DURATION_PATTERN) return 'duration';
  if (schema.pattern === COUNT_PATTERN) return 'number';
  if (schema.pattern === SHARE_PATTERN) return 'share';
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(' or ');
  // A union keeps the order in which the schema names its types: clientNumber says number first.
  if (Array.isArray(schema.type))
    return schema.type[0] === 'number' ? 'number or `{{ }}`' : schema.type.length > 2 ? 'text' : 'text or number';
  const kinds: Readonly<Record<string, string>> = {
    string: 'text',
    object: 'map',
    array: 'list',
    boolean: 'true or false',
    integer: 'whole number',
    null: '`null`',
  };
  return kinds[String(schema.type)] ?? (schema.type === undefined ? 'anything' : String(schema.type));
}

const valuesOf = (schema: JsonSchema | undefined): JsonSchema =>
  typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : {};

function only(schema: JsonSchema, keys: readonly string[]): JsonSchema {
  return { ...schema, properties: Object.fromEntries(keys.map((key) => [key, schema.properties?.[key] ?? {}])) };
}

function pick(properties: Readonly<Record<string, JsonSchema | undefined>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(properties).filter((entry): entry is [string, JsonSchema] => entry[1] !== undefined));
}
