import { GwrkError } from '../../../src/core/errors.js';
import { ApolloSource } from './apollo-source.js';
import { FileSource } from './file-source.js';
import { HttpPollSource } from './http-poll-source.js';
import { NacosSource } from './nacos-source.js';
import type { RuleSource, SourceTimers } from './rule-source.js';
import type { SourceAddress } from './source-address.js';

/** What sources need to be let in; from the environment only. */
export interface SourceSecrets {
  /** Bearer of an http(s) source. */
  readonly httpToken: string | undefined;
  readonly nacosUsername: string | undefined;
  readonly nacosPassword: string | undefined;
  readonly apolloSecret: string | undefined;
}

/** Reads the secrets. Throws GWRK_USAGE when half of a pair is missing. */
export function readSourceSecrets(env: NodeJS.ProcessEnv): SourceSecrets {
  const nacosUsername = env.GWRK_NACOS_USERNAME || undefined;
  const nacosPassword = env.GWRK_NACOS_PASSWORD || undefined;
  if ((nacosUsername === undefined) !== (nacosPassword === undefined)) {
    const missing = nacosUsername === undefined ? 'GWRK_NACOS_USERNAME' : 'GWRK_NACOS_PASSWORD';
    throw new GwrkError('GWRK_USAGE', 'a name and a password belong together', { where: missing, allowed: 'both or neither' });
  }
  const httpToken = env.GWRK_RULES_TOKEN || undefined;
  if (httpToken !== undefined && !/^[\x21-\x7e]{1,4096}$/.test(httpToken)) {
    throw new GwrkError('GWRK_USAGE', 'the token of the rules source is malformed', {
      where: 'GWRK_RULES_TOKEN',
      allowed: 'at most 4096 visible ASCII characters, no blanks',
    });
  }
  return { httpToken, nacosUsername, nacosPassword, apolloSecret: env.GWRK_APOLLO_SECRET || undefined };
}

export function createSource(address: SourceAddress, secrets: SourceSecrets, timers: SourceTimers, unixMs: () => number): RuleSource {
  switch (address.kind) {
    case 'file':
      return new FileSource(address.path, { timers });
    case 'http':
      return new HttpPollSource(address.url, { timers, token: secrets.httpToken });
    case 'nacos':
      return new NacosSource(address.name, address.id, { timers, username: secrets.nacosUsername, password: secrets.nacosPassword });
    case 'apollo':
      return new ApolloSource(address.name, address.namespace, { timers, unixMs, secret: secrets.apolloSecret });
  }
}
