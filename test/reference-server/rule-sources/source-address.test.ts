import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { ApolloSource } from '../../../reference-server/rules/sources/apollo-source.js';
import { createSource, readSourceSecrets } from '../../../reference-server/rules/sources/create-source.js';
import { FileSource } from '../../../reference-server/rules/sources/file-source.js';
import { HttpPollSource } from '../../../reference-server/rules/sources/http-poll-source.js';
import { NacosSource } from '../../../reference-server/rules/sources/nacos-source.js';
import { parseRulesFlag, parseSourceAddress } from '../../../reference-server/rules/sources/source-address.js';
import { GwrkError } from '../../../src/core/errors.js';
import { ManualTimers } from './manual-timers.js';

const nacos = (given: string): object => {
  const address = parseSourceAddress(given);
  assert.ok(address.kind === 'nacos');
  const { server, ...id } = address.id;
  return { server: server.href, ...id };
};

const apollo = (given: string): object => {
  const address = parseSourceAddress(given);
  assert.ok(address.kind === 'apollo');
  const { server, ...namespace } = address.namespace;
  return { server: server.href, ...namespace };
};

test('a value without a scheme is a path', () => {
  for (const path of ['rules.json', './a b/rules.json', '/etc/gwrk/rules.json', 'C:\\rules.json', 'http:rules']) {
    assert.deepEqual(parseSourceAddress(path), { kind: 'file', path });
  }
});

test('a Nacos address has a data id, a group and a tenant, with the defaults of Nacos', () => {
  assert.deepEqual(nacos('nacos://n.example/gw-rules.json'), {
    server: 'http://n.example:8848/',
    dataId: 'gw-rules.json',
    group: 'DEFAULT_GROUP',
    tenant: '',
  });
  assert.deepEqual(nacos('nacos+https://[::1]:9000/r?group=G&tenant=8f0c-1'), {
    server: 'https://[::1]:9000/',
    dataId: 'r',
    group: 'G',
    tenant: '8f0c-1',
  });
});

test('an Apollo address has app, cluster, namespace and key; a namespace that is a file has its text under content', () => {
  assert.deepEqual(apollo('apollo://a.example/game/default/application'), {
    server: 'http://a.example:8080/',
    appId: 'game',
    cluster: 'default',
    namespace: 'application',
    key: 'rules',
  });
  assert.deepEqual(apollo('apollo+https://a.example:444/game/default/team.rules.json'), {
    server: 'https://a.example:444/',
    appId: 'game',
    cluster: 'default',
    namespace: 'team.rules.json',
    key: 'content',
  });
  assert.equal((apollo('apollo://a/g/c/n?key=gw%20rules') as { key: string }).key, 'gw rules');
});

const REFUSED: readonly (readonly [given: string, says: RegExp])[] = [
  ['', /names nothing/u],
  ['ftp://h/x', /cannot come from ftp/u],
  ['http://', /not a URL/u],
  ['nacos://', /not a URL/u],
  ['nacos://h', /not the address of a Nacos configuration/u],
  ['nacos://h/a/b', /not the address of a Nacos configuration/u],
  ['nacos://h/a%02b', /not the address of a Nacos configuration/u],
  ['nacos://h/a%', /not an escape/u],
  ['nacos://h/a?grp=x', /grp= is not known/u],
  ['nacos://h/a?group=', /group= needs one value/u],
  ['nacos://h/a?group=a&group=b', /group= needs one value/u],
  ['nacos://h/a?group=a%01b', /not the address of a Nacos configuration/u],
  ['apollo://h/app/cluster', /not the address of an Apollo namespace/u],
  ['apollo://h/app//ns', /not the address of an Apollo namespace/u],
  ['apollo://h/a/b/c/d', /not the address of an Apollo namespace/u],
  ['https://h/rules#top', /no #fragment/u],
];

for (const [given, says] of REFUSED)
  test(`--rules ${JSON.stringify(given)} is refused with what is allowed`, () => {
    assert.throws(
      () => parseSourceAddress(given),
      (error: GwrkError) => error.code === 'GWRK_USAGE' && says.test(error.message) && error.details.allowed !== undefined,
    );
  });

test('credentials in the address are refused and not repeated', () => {
  for (const given of ['http://u:s3cret@h/', 'nacos://u:s3cret@h/a', 'apollo://s3cret@h/a/b/c']) {
    assert.throws(
      () => parseSourceAddress(given),
      (error: GwrkError) => error instanceof GwrkError && !JSON.stringify([error.message, error.details]).includes('s3cret'),
    );
  }
});

test('a second --rules is refused', () => {
  const argv = ['--rules', 'a.json', '--rules', 'b.json'];
  assert.throws(
    () => parseServeOptions(argv, {}),
    (error: GwrkError) => error.code === 'GWRK_USAGE' && /given twice/u.test(error.message),
  );
});

test('with --echo there is nothing that rules could govern', () => {
  assert.throws(() => parseRulesFlag('rules.json', true), /--echo/u);
  assert.equal(parseRulesFlag(undefined, true), undefined);
});

test('secrets come from the environment, a name and its password together', () => {
  assert.deepEqual(
    readSourceSecrets({ GWRK_NACOS_USERNAME: 'u', GWRK_NACOS_PASSWORD: 'p', GWRK_RULES_TOKEN: '', GWRK_APOLLO_SECRET: 's' }),
    {
      httpToken: undefined,
      nacosUsername: 'u',
      nacosPassword: 'p',
      apolloSecret: 's',
    },
  );
  assert.throws(() => readSourceSecrets({ GWRK_NACOS_USERNAME: 'u' }), /belong together/u);
  assert.throws(
    () => readSourceSecrets({ GWRK_RULES_TOKEN: 'line\nbreak' }),
    (error: GwrkError) => !JSON.stringify(error.details).includes('break'),
  );
});

test('each address makes its own kind of source, named without secrets', () => {
  const kinds = [
    ['rules.json', FileSource],
    ['http://h/rules', HttpPollSource],
    ['nacos://h/a', NacosSource],
    ['apollo://h/a/b/c', ApolloSource],
  ] as const;
  const secrets = { httpToken: 'hidden', nacosUsername: 'hidden', nacosPassword: 'hidden', apolloSecret: 'hidden' };
  for (const [given, kind] of kinds) {
    const source = createSource(parseSourceAddress(given), secrets, new ManualTimers(), Date.now);
    assert.ok(source instanceof kind);
    assert.equal(source.name, given);
  }
});
