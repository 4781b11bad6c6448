/** Loads drivers without a build step: JavaScript as it is, TypeScript with its types stripped. */
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Driver } from './driver.js';
import { DriverFault } from './driver-fault.js';

/** What strips types where Node itself does not (it does from 22.18 on): an optional package. */
const STRIPPER = 'amaro';

/** The default export of a module. Throws a DriverFault that says what is wrong with it. */
export async function loadDriver(path: string): Promise<Driver> {
  let loaded: { default?: unknown };
  try {
    if (/\.m?ts$/.test(path)) await strippingTypes();
    loaded = (await import(pathToFileURL(path).href)) as typeof loaded;
  } catch (error) {
    if (error instanceof DriverFault) throw error;
    throw DriverFault.of(path, error, 'could not be loaded');
  }
  const driver = loaded.default as Partial<Driver> | undefined;
  for (const name of ['onOpen', 'onMessage'] as const)
    if (typeof driver?.[name] !== 'function') throw new DriverFault(path, `the driver's default export has no function ${name}`, '');
  return driver as Driver;
}

let isStripping = false;

/** Makes import() take TypeScript from here on, in this thread. */
async function strippingTypes(): Promise<void> {
  if (isStripping || (process.features as { typescript?: unknown }).typescript) return;
  try {
    await import(STRIPPER);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const [major] = process.versions.node.split('.');
    throw new DriverFault(
      '',
      `a driver in TypeScript needs the package ${STRIPPER} with Node ${major}: npm install ${STRIPPER}@0.1, or write it as .mjs, or use Node 22.18 or later`,
      '',
    );
  }
  register('./driver-hooks.js', import.meta.url);
  isStripping = true;
}
