import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { GateRecord } from '../../src/gate/gate-record.js';
import { freePorts } from '../net/free-ports.js';

/** A directory that is gone after the tests of this file, and a short scenario with a server of its own in it. */
export async function gateScenario(): Promise<{ directory: string; scenario: string; serve: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-gate-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const [port, http] = await freePorts(2);
  const serve = `serve --echo --port ${port} --http-port ${http} --admin-port 0`;
  const scenario = join(directory, 'gate.yaml');
  // A closed loop: it has no schedule that a busy machine could be late for, so its runs are valid everywhere.
  writeFileSync(
    scenario,
    `name: gate
target: ws://127.0.0.1:${port}/v1/ws
serve: { command: gwrk ${serve}, ready: "http://127.0.0.1:${http}/readyz" }
scenarios:
  talkers:
    executor: per-client-iterations
    clients: 10
    iterations: 1
    maxDuration: 120s
    flow:
      - connect: {}
      - loop: { count: 110, steps: [{ send: { text: hello, expect: { within: 60s } } }] }
      - disconnect: {}
thresholds:
  ws_msg_service: ["p(99)<60000"]
`,
  );
  return { directory, scenario, serve };
}

export function readGate(directory: string): GateRecord {
  return JSON.parse(readFileSync(join(directory, 'gate.json'), 'utf8')) as GateRecord;
}
