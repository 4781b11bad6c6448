import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import type { TransportEvents } from '../net/transport.js';
import type { ClientTable } from './client-table.js';

/** The events of a transport for a swarm of several scenarios: what an event makes it record is of its client's scenario. */
export function scenarioEvents(swarm: TransportEvents, { scenario }: ClientTable, recorder: ScenarioRecorder): TransportEvents {
  return {
    onConnected: (row, nowUs) => {
      recorder.select(scenario[row]!);
      swarm.onConnected(row, nowUs);
    },
    onData: (row, bytes, start, end, nowUs) => {
      recorder.select(scenario[row]!);
      swarm.onData(row, bytes, start, end, nowUs);
    },
    onClosed: (row, errno, nowUs) => {
      recorder.select(scenario[row]!);
      swarm.onClosed(row, errno, nowUs);
    },
    onTick: (nowUs) => swarm.onTick(nowUs),
  };
}
