import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ask, BEARER } from '../server/http-client.js';
import { portOf } from '../server/serve-process.js';
import { FakeApollo } from './fake-apollo.js';
import { FakeNacos } from './fake-nacos.js';
import { FakeRulesUrl } from './fake-rules-url.js';
import { rulesOf } from './rig.js';
import { errorKind, killServers, REFUSED, ServedRules } from './served-rules.js';

after(killServers);

test('gwrk serve with a URL, Nacos and Apollo has their rules in force when it is ready and follows a change', async () => {
  const url = await new FakeRulesUrl(rulesOf(0)).start();
  const nacos = await new FakeNacos().start();
  nacos.credentials = { username: 'u', password: 'the-secret' };
  nacos.publish('/DEFAULT_GROUP/rules.json', rulesOf(0));
  const apollo = await new FakeApollo('game', 'default').start();
  apollo.secret = 'the-secret';
  apollo.publish('application', { rules: rulesOf(0) });
  const env = {
    GWRK_NACOS_USERNAME: 'u',
    GWRK_NACOS_PASSWORD: 'the-secret',
    GWRK_APOLLO_SECRET: 'the-secret',
    GWRK_RULES_TOKEN: 'the-secret',
  };
  try {
    const servers = await Promise.all(
      [`http://${url.host}/rules`, `nacos://${nacos.host}/rules.json`, `apollo://${apollo.host}/game/default/application`].map((rules) =>
        new ServedRules(rules, env).start(),
      ),
    );
    for (const server of servers) assert.equal(await server.login(), REFUSED);
    nacos.publish('/DEFAULT_GROUP/rules.json', '[]');
    apollo.publish('application', { rules: '[]' });
    for (const server of servers.slice(1)) {
      await server.until('the change is in force', ({ version }) => version === 2);
      assert.equal(await server.login(), 200);
    }
    const shown = await Promise.all(servers.map((server) => server.rules()));
    const stderr = await Promise.all(servers.map((server) => server.stop()));
    assert.ok(!JSON.stringify([stderr, shown.map(({ text }) => text)]).includes('the-secret'));
  } finally {
    await Promise.all([url.stop(), nacos.stop(), apollo.stop()]);
  }
});

test('a source in the network that is down does not keep the server from starting; it says so and takes a push', async () => {
  const gone = await new FakeRulesUrl('[]').start();
  await gone.stop();
  const server = await new ServedRules(`http://${gone.host}/rules`).start();
  assert.equal(errorKind((await server.rules()).json), 'unreadable');
  assert.equal(await server.login(), 200);
  const headers = { ...BEARER, 'if-match': '*' };
  const pushed = await ask(portOf(server.ready.admin), '/admin/rules', { method: 'PUT', headers, body: rulesOf(0) });
  assert.equal(pushed.status, 200);
  assert.equal(await server.login(), REFUSED);
  const stderr = await server.stop();
  assert.deepEqual(JSON.parse(stderr.trim().split('\n')[0]!).event, 'rules.unreadable');
});
