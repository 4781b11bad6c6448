import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_TOKEN, type Answer, ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, serveProcess } from '../server/serve-process.js';
import { FakeApollo } from './fake-apollo.js';
import { FakeNacos } from './fake-nacos.js';
import { FakeRulesUrl } from './fake-rules-url.js';
import { rulesOf } from './rig.js';

const LONGEST_MS = 5_000;
/** What a login is answered that the rules refuse. */
const REFUSED = 503;

let directory: string;
const started: ReturnType<typeof serveProcess>[] = [];
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'gwrk-serve-rules-'));
});
after(() => {
  for (const { child } of started) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

class ServedRules {
  readonly served: ReturnType<typeof serveProcess>;
  ready: Record<string, unknown> = {};

  constructor(rules: string, env: Record<string, string> = {}) {
    this.served = serveProcess([...FREE_PORTS, '--proof', 'none', '--rules', rules], { ...SECRETS, ...env });
    started.push(this.served);
  }

  async start(): Promise<this> {
    this.ready = await this.served.ready;
    return this;
  }

  async login(): Promise<number> {
    const answer = await ask(portOf(this.ready.http), '/v1/login', { body: JSON.stringify({ uid: 'p1', dfp: DFP }) });
    return answer.status;
  }

  rules(): Promise<Answer> {
    return ask(portOf(this.ready.admin), '/admin/rules', { headers: BEARER });
  }

  /** Waits until GET /admin/rules is as wanted. */
  async until(what: string, holds: (json: Record<string, unknown>) => boolean): Promise<void> {
    const endMs = performance.now() + LONGEST_MS;
    while (!holds((await this.rules()).json)) {
      if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
      await sleep(5);
    }
  }

  async stop(): Promise<string> {
    this.served.child.kill('SIGTERM');
    const { code, stderr } = await this.served.ended;
    assert.equal(code, 0, stderr);
    return stderr;
  }
}

const errorKind = (json: Record<string, unknown>): unknown => (json.error as { kind: string } | null)?.kind;

test('gwrk serve --rules FILE: a change by atomic rename refuses logins within a moment, and a broken file leaves that in force', async () => {
  const path = join(directory, 'rules.json');
  const replace = (text: string): void => {
    writeFileSync(`${path}~`, text);
    renameSync(`${path}~`, path);
  };
  replace('[]');
  const server = await new ServedRules(path).start();
  assert.equal(await server.login(), 200);
  replace(rulesOf(0));
  await server.until('the change is in force', ({ versionAtThreads }) => versionAtThreads === 2);
  assert.equal(await server.login(), REFUSED);
  replace('[{"resource":"login","threshold":1000');
  await server.until('the broken file is refused', (json) => errorKind(json) === 'refused');
  assert.equal(await server.login(), REFUSED);
  rmSync(path);
  await server.until('its loss is told', (json) => errorKind(json) === 'unreadable');
  assert.equal(await server.login(), REFUSED);
  replace('[]');
  await server.until('the mended file is in force', ({ version, error }) => version === 3 && error === null);
  assert.equal(await server.login(), 200);
  const stderr = await server.stop();
  const told = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event);
  assert.deepEqual(told, ['rules.refused', 'rules.unreadable', 'rules.readable'], 'one line each');
});

test('a file that is missing or broken at the start ends it with a clear error', async () => {
  const broken = join(directory, 'broken.json');
  writeFileSync(broken, '[{"resource":"login"}]');
  for (const [path, code, says] of [
    [join(directory, 'absent.json'), 'GWRK_RULES_UNREADABLE', /ENOENT/u],
    [broken, 'GWRK_RULES_INVALID', /\$\[0\]\.threshold/u],
  ] as const) {
    const { code: exit, stderr, stdout } = await new ServedRules(path).served.ended;
    assert.deepEqual([exit, stdout], [104, '']);
    assert.match(stderr, says);
    assert.match(stderr, new RegExp(`given: {3}${path}`, 'u'));
    assert.match(stderr, new RegExp(`code: {4}${code}`, 'u'));
  }
});

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
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'if-match': '*' };
  const pushed = await ask(portOf(server.ready.admin), '/admin/rules', { method: 'PUT', headers, body: rulesOf(0) });
  assert.equal(pushed.status, 200);
  assert.equal(await server.login(), REFUSED);
  const stderr = await server.stop();
  assert.deepEqual(JSON.parse(stderr.trim().split('\n')[0]!).event, 'rules.unreadable');
});
