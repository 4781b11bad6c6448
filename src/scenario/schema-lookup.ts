/** Finding one's way in the JSON Schema: for error texts and for the table of keys in docs/scenarios.md. */
import { scenarioJsonSchema } from './schema.js';

/** As much of JSON Schema as ours uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

let built: JsonSchema | undefined;

export function rootSchema(): JsonSchema {
  built ??= scenarioJsonSchema() as JsonSchema;
  return built;
}

/** The schema with its $ref followed. */
export function resolveReference(schema: JsonSchema): JsonSchema {
  let resolved = schema;
  while (resolved.$ref !== undefined) {
    const { $ref, ...rest } = resolved;
    resolved = { ...rootSchema().$defs?.[$ref.replace('#/$defs/', '')], ...rest };
  }
  return resolved;
}

/** The schema that holds for a path of a file; {} where there is none. Alternatives are chosen by their constant key. */
export function schemaAt(path: readonly PropertyKey[], root: unknown): JsonSchema {
  let schema = rootSchema();
  let value = root;
  for (let i = 0; ; i++) {
    schema = chooseAlternative(resolveReference(schema), value);
    if (i === path.length) return schema;
    const step = path[i]!;
    const beyond = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    const properties = schema.properties ?? alternativeWith(schema, String(step))?.properties;
    schema = (typeof step === 'number' ? schema.items : (properties?.[String(step)] ?? beyond)) ?? {};
    value = value !== null && typeof value === 'object' ? (value as Record<PropertyKey, unknown>)[step] : undefined;
  }
}

/** Where no alternative fits (there is no such executor): what several of them have alike. */
function alternativeWith({ oneOf = [] }: JsonSchema, step: string): JsonSchema | undefined {
  return oneOf.map(resolveReference).find(({ properties }) => properties?.[step] !== undefined);
}

function chooseAlternative(schema: JsonSchema, value: unknown): JsonSchema {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (!alternatives) return schema;
  const fields = value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  const fits = (alternative: JsonSchema): boolean =>
    Object.entries(alternative.properties ?? {}).some(([key, { const: constant }]) => constant !== undefined && constant === fields[key]);
  return alternatives.find(fits) ?? alternatives.find(({ properties }) => properties !== undefined && schema.oneOf === undefined) ?? schema;
}
