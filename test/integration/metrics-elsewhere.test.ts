import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { parsePrometheus } from '../../src/target/prometheus-text.js';
import { gwrk } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

let echo: ServerProcess;
before(async () => {
  echo = await referenceServer('--echo');
});
after(() => echo.stop());

test('while a run goes on it is scraped by Prometheus and posted to a collector, and both see it grow', async (t) => {
  const paths: string[] = [];
  const names = new Set<string>();
  const collector = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      paths.push(request.url!);
      for (const [, name] of text.matchAll(/"name":"(gwrk_\w+)"/gu)) names.add(name!);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  t.after(() => collector.close());
  const otlp = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const sent: number[] = [];
  let mostOpen = 0;
  let last = new Map<string, number>();
  let isTold = false;
  let timer: NodeJS.Timeout | undefined;
  const isSeen = (): boolean => sent.length >= 4 && sent.at(-1)! > sent[0]! && mostOpen === 20;
  const scrape = async (url: string, child: ChildProcess): Promise<void> => {
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => '',
    );
    const values = new Map(parsePrometheus(text).map(({ id, value }) => [id, value]));
    if (values.has('gwrk_ws_msgs_sent_total')) {
      sent.push(values.get('gwrk_ws_msgs_sent_total')!);
      mostOpen = Math.max(mostOpen, values.get('gwrk_clients_open') ?? 0);
      last = values;
    }
    // Only now the run may end, however fast this machine is; what it has not posted by then it posts at its end.
    if (isSeen() && !isTold) isTold = child.kill('SIGINT');
  };
  const flags = ['-c', '20', '-d', '60s', '--message-rate', '20', '-b', 'hello', '--metrics-port', '0', '--otlp', otlp];
  const { stderr, report } = await gwrk(['run', echo.ws, ...flags], {
    onStderrLine: (line, child) => {
      const url = /^metrics: (http\S+)/u.exec(line)?.[1];
      if (url) timer = setInterval(() => void (isSeen() || scrape(url, child)), 250);
    },
  });
  clearInterval(timer);
  assert.ok(report, stderr);
  assert.ok(isSeen(), `${mostOpen} clients, messages ${sent}`);
  assert.ok(last.get('gwrk_ws_msg_rtt_p99')! > 0 && last.get('gwrk_ws_msg_rtt_p99')! < 60, 'in seconds');
  const total = report.metrics.ws_msgs_sent;
  assert.ok(total?.type === 'counter' && sent.at(-1)! <= total.count);
  assert.ok(paths.length >= 1 && paths.every((path) => path === '/v1/metrics'));
  assert.ok(names.has('gwrk_ws_msg_rtt_p99') && names.has('gwrk_ws_msgs_sent'));
});
