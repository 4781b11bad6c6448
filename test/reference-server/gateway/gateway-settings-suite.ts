import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNT_CLOSED, COUNT_FAULTS, COUNT_OPEN_NOW, COUNT_OPENED } from './commanding-worker.js';
import { clientFrame, eventually, GatewayUnderTest, upgradeRequest } from './gateway-under-test.js';

/** What every gateway must do under settings of its own: many connections, a list of origins, the end of accepting. */
export function testGatewaySettings(kind: 'ws' | 'uring'): void {
  describe(`the ${kind} gateway with its own settings`, () => {
    it('opens and closes 2,000 connections with equal counts', async (t) => {
      const gateway = await GatewayUnderTest.start(kind, { capacity: 2_000 });
      if (typeof gateway === 'string') return t.skip(gateway);
      const peers = [];
      for (let i = 0; i < 20; i++) peers.push(...(await Promise.all(Array.from({ length: 100 }, () => gateway.upgraded()))));
      assert.equal(gateway.count(COUNT_OPENED), 2_000);
      // A third leaves in order, a third by the end of the stream, a third by a reset.
      peers.forEach((peer, i) => {
        if (i % 3 === 0) peer.write(clientFrame(0x88, Uint8Array.of(0x03, 0xe8)));
        else if (i % 3 === 1) peer.socket.end();
        else peer.socket.resetAndDestroy();
      });
      await eventually('all closed', () => gateway.count(COUNT_CLOSED) === 2_000);
      await eventually('no connection counted', () => gateway.count(COUNT_OPEN_NOW) === 0);
      assert.equal(gateway.count(COUNT_FAULTS), 0);
      for (const peer of peers) peer.socket.destroy();
      assert.ok(await gateway.stop());
    });

    it('gives an upgrade request its time and no more: to one that dribbles, is broken off, or never begins', async (t) => {
      const gateway = await GatewayUnderTest.start(kind, { upgradeTimeoutMs: 400 });
      if (typeof gateway === 'string') return t.skip(gateway);
      const dribbler = await gateway.raw();
      dribbler.write('GET /v1/ws HTTP/1.1\r\n');
      const dribble = setInterval(() => dribbler.write('X'), 100);
      await dribbler.untilEnd().finally(() => clearInterval(dribble));
      const half = await gateway.raw();
      half.write('GET /v1/ws HTTP/1.1\r\nHost: ');
      assert.match((await half.untilEnd()).toString(), /^HTTP\/1\.1 408 /);
      const silent = await gateway.raw();
      await silent.untilEnd();
      assert.ok(await gateway.stop());
    });

    it('lets in only the origins of its list, and programs, which have none', async (t) => {
      const gateway = await GatewayUnderTest.start(kind, { allowedOrigins: ['https://game.example'] });
      if (typeof gateway === 'string') return t.skip(gateway);
      const status = async (origin: string | undefined): Promise<string> => {
        const peer = await gateway.raw();
        peer.write(upgradeRequest({ Origin: origin }));
        const bytes = await peer.until((seen) => seen.includes('\r\n'));
        peer.socket.destroy();
        return bytes.toString('latin1').slice(9, 12);
      };
      assert.equal(await status('https://game.example'), '101');
      assert.equal(await status(undefined), '101');
      assert.equal(await status('http://127.0.0.1'), '403');
      assert.equal(await status('https://game.example.evil.example'), '403');
      assert.ok(await gateway.stop());
    });

    it('accepts no one after stopAccepting and serves those it has', async (t) => {
      const gateway = await GatewayUnderTest.start(kind);
      if (typeof gateway === 'string') return t.skip(gateway);
      const client = await gateway.client();
      gateway.stopAccepting();
      // The gateway hears of it at its next look: until then it may let somebody in, and from then on nobody.
      const isLetIn = async (): Promise<boolean> => {
        const peer = await gateway.raw().catch(() => undefined);
        if (peer === undefined) return false;
        peer.write(upgradeRequest());
        const bytes = await peer.until((seen) => seen.includes('hello'));
        peer.socket.destroy();
        return bytes.includes('hello');
      };
      for (let tries = 0; await isLetIn(); tries++) assert.ok(tries < 50, 'it goes on letting everybody in');
      for (let tries = 0; tries < 3; tries++) assert.equal(await isLetIn(), false);
      client.socket.send('still served');
      assert.equal(await client.nextText(), 'still served');
      assert.ok(await gateway.stop());
      assert.equal(await client.closed, 1_006);
    });
  });
}
