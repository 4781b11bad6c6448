import { readFileSync } from 'node:fs';

/** The directory of package.json, seen from dist/src/cli/. */
const packageRoot = new URL('../../../', import.meta.url);

/** The version in package.json. */
export function gwrkVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string')
    return manifest.version;
  throw new Error('package.json of gwrk has no version');
}
