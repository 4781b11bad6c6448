// Writes what is made from the schema: schema/scenario.json and the tables of keys in docs/scenarios.md.
// Run it after a build: node schema/write.js. A test fails when either is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { keyTables } from '../dist/src/scenario/key-table.js';
import { scenarioJsonSchema } from '../dist/src/scenario/schema.js';

const begin = '<!-- keys: begin (node schema/write.js) -->';
const end = '<!-- keys: end -->';
const page = new URL('../docs/scenarios.md', import.meta.url);

writeFileSync(new URL('scenario.json', import.meta.url), `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
const text = readFileSync(page, 'utf8');
const [before, after] = [text.indexOf(begin), text.indexOf(end)];
if (before === -1 || after < before) throw new Error(`docs/scenarios.md has no "${begin}" ... "${end}"`);
writeFileSync(page, `${text.slice(0, before + begin.length)}\n\n${keyTables()}\n${text.slice(after)}`);
