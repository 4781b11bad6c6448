import { after, before, describe } from 'node:test';
import { chooseTransport } from '../../src/net/create-transport.js';
import { Peer } from './harness.js';
import { dataCases } from './transport-data.cases.js';
import { endCases } from './transport-end.cases.js';
import { loopCases } from './transport-loop.cases.js';

const auto = chooseTransport({ wanted: 'auto', tls: false });

for (const kind of ['node', 'uring'] as const) {
  const skip = kind === 'uring' && auto.kind !== 'uring' ? `no io_uring here: ${auto.reason}` : false;
  describe(`the ${kind} transport`, { skip }, () => {
    let peer: Peer;
    before(async () => {
      peer = await Peer.start();
    });
    after(() => peer.stop());
    dataCases(kind, () => peer);
    endCases(kind, () => peer);
    loopCases(kind, () => peer);
  });
}
