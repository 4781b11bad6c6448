import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { RawPeer, upgradeRequest } from '../gateway/gateway-under-test.js';
import { ask, BEARER } from '../server/http-client.js';
import { onEachGateway } from './server-under-attack.js';

const LISTED = 'https://game.example';

/** What a browser says of itself and of us, and whether it is let in: without a list, and with one that holds LISTED. */
const UPGRADES: readonly (readonly [origin: string | undefined, host: string, withoutList: boolean, withList: boolean])[] = [
  [undefined, '127.0.0.1', true, true],
  [undefined, 'anything.example', true, true],
  ['http://127.0.0.1', '127.0.0.1', true, false],
  ['https://127.0.0.1', '127.0.0.1', true, false],
  ['http://127.0.0.1:8080', '127.0.0.1', false, false],
  ['http://127.0.0.1:9000', '127.0.0.1:9000', true, false],
  [LISTED, '127.0.0.1', false, true],
  [LISTED, 'game.example', true, true],
  ['http://game.example', '127.0.0.1', false, false],
  ['https://game.example:8443', '127.0.0.1', false, false],
  ['https://game.example.evil.example', '127.0.0.1', false, false],
  ['https://evilgame.example', '127.0.0.1', false, false],
  ['https://GAME.example', '127.0.0.1', false, false],
  ['http://evil.example', '127.0.0.1', false, false],
  ['null', '127.0.0.1', false, false],
  ['file://', '127.0.0.1', false, false],
];

/** DNS rebinding: a page's own name that resolves to this machine is in its Host. The bearer does not help it. */
const ADMIN_HOSTS: readonly (readonly [host: string, status: number])[] = [
  ['127.0.0.1', 200],
  ['localhost', 200],
  ['[::1]:9002', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['127.1', 403],
];

describe('web pages of others (S13)', () => {
  for (const [list, flags] of [
    ['without a list of origins', []],
    ['with a list of origins', ['--allow-origin', LISTED]],
  ] as const) {
    onEachGateway(`are told from our own ${list}: ${UPGRADES.length} combinations of Origin and Host`, flags, async (server) => {
      for (const [origin, host, withoutList, withList] of UPGRADES) {
        const peer = new RawPeer(connect(server.wsPort, '127.0.0.1'));
        peer.write(upgradeRequest({ Host: host, Origin: origin }));
        const answer = await peer.until((bytes) => bytes.includes('\r\n\r\n'));
        const status = Number(answer.toString('latin1').slice(9, 12));
        assert.equal(status, (flags.length > 0 ? withList : withoutList) ? 101 : 403, `Origin ${origin}, Host ${host}`);
        peer.socket.destroy();
      }
    });
  }

  onEachGateway('reach the admin port under no name but this machine’s', [], async (server) => {
    for (const [host, status] of ADMIN_HOSTS) {
      const answer = await ask(server.adminPort, '/admin/v1/stats', { headers: { host, ...BEARER } });
      assert.equal(answer.status, status, host);
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  });

  onEachGateway('get no cookie that a browser would send along', [], async (server) => {
    const answer = await ask(server.httpPort, '/v1/login', {
      body: JSON.stringify({ uid: 'p', dfp: Buffer.alloc(32).toString('base64url') }),
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  });

  it('are at least twenty combinations in all', () => {
    assert.ok(UPGRADES.length + ADMIN_HOSTS.length >= 20);
  });
});
