import { Distribution } from './distribution.js';
import { delayedGateway, runGwrk, type Stage, stallServer } from './processes.js';
import { type Check, ms, type Row, type RowResult, strainOf, within } from './row.js';

async function delayedSteps(stage: Stage): Promise<RowResult> {
  const gateway = await delayedGateway(stage, 200, 75);
  // The first clients find two programs that are still being compiled: they are a scenario by themselves.
  const arrivals = (startTime: string, seconds: number): string => `
executor: constant-arrival-rate
startTime: ${startTime}
rate: 50
duration: ${seconds}s
maxClients: 500
flow:
  - login: { uid: "p{{ client }}", proof: none }
  - connect: {}
  - auth: {}
  - think: 100ms
  - disconnect: {}`;
  const run = await runGwrk(stage, {
    flow: arrivals('3s', 4),
    warmUp: arrivals('0s', 3),
    target: gateway.url,
    flags: ['--login-url', gateway.loginUrl],
  });
  await gateway.stop();
  const part = (name: string, what: string, expected: number): Check[] => {
    const trend = Distribution.of(run.report, `${name}{scenario:only}`);
    return [ms(`${what} p50`, expected, trend.atMs(50), 1, 5), ms(`${what} p99`, expected, trend.atMs(99), 1, 20)];
  };
  return {
    checks: [
      ms('tcp p50', 0, Distribution.of(run.report, 'tcp_connecting{scenario:only}').atMs(50), 0, 5),
      ...part('ws_upgrading', 'upgrade', 200),
      ...part('auth_duration', 'auth', 75),
      ...part('session_service', 'all', 275),
    ],
    strain: strainOf([run], []),
  };
}

/** 100 clients in 200 ms while the server's loop is blocked: the later one comes, the less it waits. */
async function blockedServer(stage: Stage): Promise<RowResult> {
  const server = await stallServer(stage, { kind: 'blocked-at-connect', stallMs: 1500 });
  const flow = `
executor: constant-arrival-rate
rate: 500
duration: 200ms
maxClients: 200
flow:
  - connect: {}
  - think: 100ms
  - disconnect: {}`;
  const run = await runGwrk(stage, { flow, target: server.url });
  const counts = await server.stop();
  const upgrade = Distribution.of(run.report, 'ws_upgrading');
  const spanMs = 200 * 0.9;
  return {
    checks: [
      within('clients', 100, upgrade.count, 0),
      ms('tcp p99', 0, Distribution.of(run.report, 'tcp_connecting').atMs(99), 0, 50),
      ms('upgrade max', 1500, upgrade.maxMs, 60, 100),
      {
        what: 'slope over arrival',
        expected: -1,
        measured: (upgrade.atMs(5) - upgrade.atMs(95)) / spanMs,
        below: 0.25,
        above: 0.25,
        unit: '',
      },
    ],
    strain: strainOf([run], [counts]),
  };
}

export const CONNECT_ROWS: readonly Row[] = [
  { row: '6', title: 'upgrade delayed by 200 ms, authentication by 75', run: delayedSteps },
  { row: '7', title: 'loop blocked for 1.5 s while 100 connect', run: blockedServer },
];
