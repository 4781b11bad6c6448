import type { FrameNames } from './frame-name.js';

/**
 * The names that V8 logs for functions: "broadcast /app/room.js:12:3", "*broadcast file:///app/room.js:12:3" (* optimised,
 * ^ + ~ ' other tiers), " node:internal/main:1:1" for a module's own code. Undefined for what is no JavaScript.
 */
export function v8FrameName(logged: string, names: FrameNames): string | undefined {
  const match = /^[*~^+']?(.*?)\s?((?:\/|file:|node:|[A-Za-z]:\\)[^()]*?):(\d+)(?::\d+)?$/u.exec(logged);
  if (!match) return undefined;
  const [, name = '', url = '', line = '0'] = match;
  return names.name(name === '(anonymous)' ? '' : name.trim(), url, Number(line));
}
