/** Loads the modules of users without a build step: JavaScript as it is, TypeScript with its types stripped. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Driver } from './driver.js';
import { DriverFault } from './driver-fault.js';

const STRIP_HINT = 'only types that can be taken away are allowed: a const object for an enum, a module for a namespace, plain fields';

/** A driver of a scenario, loaded. */
export interface LoadedDriver {
  readonly path: string;
  readonly driver: Driver;
}

/** What a module exports, by name. Throws a DriverFault that says what is wrong with it and where. */
export async function loadModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    if (/\.m?ts$/.test(path)) await strippingTypes();
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const fault = DriverFault.of(path, error, 'could not be loaded', isRefusal(error) ? STRIP_HINT : '');
    throw fault.frame === '' && error instanceof SyntaxError ? ((await syntaxFault(path)) ?? fault) : fault;
  }
}

/** The default export of a module. Throws a DriverFault that says what is wrong with it. */
export async function loadDriver(path: string): Promise<Driver> {
  const driver = (await loadModule(path)).default as Partial<Driver> | undefined;
  for (const name of ['onOpen', 'onMessage'] as const)
    if (typeof driver?.[name] !== 'function') throw new DriverFault(path, `the driver's default export has no function ${name}`, '');
  return driver as Driver;
}

/** Node does not say where a module of JavaScript is wrong; the stripper reads it too, and does. */
async function syntaxFault(path: string): Promise<DriverFault | undefined> {
  const { stripTypes } = await import('./type-stripping.js');
  try {
    stripTypes(await readFile(path, 'utf8'), path);
    return undefined;
  } catch (error) {
    return DriverFault.of(path, error, 'could not be loaded');
  }
}

/** The stripper refused: ours, or that of Node (22.18 and later). */
function isRefusal(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || /not supported in strip-only mode/.test(String(message));
}

let isStripping = false;

/** Makes import() take TypeScript from here on, in this thread. Node does it by itself from 22.18 on. */
async function strippingTypes(): Promise<void> {
  if (isStripping || (process.features as { typescript?: unknown }).typescript) return;
  const { register } = await import('node:module');
  register('./driver-hooks.js', import.meta.url);
  isStripping = true;
}
