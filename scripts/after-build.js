// Copies what tsc does not emit but the built program reads (scripts of a store, data files) next to the emitted code.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const COPIED = new Set(['.lua', '.html', '.css', '.txt', '.js']);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

for (const room of ['src', 'reference-server']) {
  for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COPIED.has(extname(entry.name))) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(root, 'dist', relative(root, from));
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(from, to);
  }
}
