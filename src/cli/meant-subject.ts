import { existsSync } from 'node:fs';
import { GwrkError } from '../core/errors.js';

/** host:port, localhost or an address of IPv4, with or without a path: a URL whose scheme was left out. */
const WITHOUT_SCHEME = /^(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}(?:[/?].*)?$|^localhost(?:\/.*)?$|^(?:\d{1,3}\.){3}\d{1,3}(?:\/.*)?$/iu;

/** Throws for a subject of `gwrk run` that is no file, where it is known what was meant. */
export function refuseUnlessFile(subject: string): void {
  if (existsSync(subject)) return;
  if (WITHOUT_SCHEME.test(subject))
    throw new GwrkError('GWRK_USAGE', `${subject} is neither a file nor a URL`, {
      allowed: 'ws://, wss://, tcp://, tls://, http:// or https:// before it',
      hint: `did you mean ws://${subject}?`,
    });
  const meant = [`${subject}.yaml`, `scenarios/${subject}.yaml`, `scenarios/${subject}`].find((path) => existsSync(path));
  const hint = meant === undefined ? 'check the path; gwrk init writes a scenario to begin with' : `did you mean ${meant}?`;
  throw new GwrkError('GWRK_SCENARIO_UNREADABLE', `${subject} cannot be read: no such file or directory`, { hint });
}
