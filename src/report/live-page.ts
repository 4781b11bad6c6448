/**
 * The page of --live, whole in one answer: no file, no font and no script comes from anywhere else. All that a server or a file
 * says is put in as text (textContent), never as markup.
 */

export const LIVE_STYLE = `
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #5b6570; --line: #dde1e6; --accent: #0b66c3; --good: #18794e; --bad: #c62a2f; --warn: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --back: #111417; --card: #1a1e23; --ink: #e8eaed; --soft: #9aa4af; --line: #2c3238; --accent: #6cb2ff; --good: #4cc38a; --bad: #ff7b80; --warn: #e2b04a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--back); color: var(--ink); font: 16px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; }
h1 { margin: 0; font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { margin: 0 0 .5rem; font-size: .8rem; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; color: var(--soft); }
#state { font-weight: 600; color: var(--accent); }
#state.pass { color: var(--good); } #state.fail { color: var(--bad); } #state.invalid, #state.interrupted, #state.away { color: var(--warn); }
#time { margin-left: auto; color: var(--soft); }
#reason { margin: .25rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
progress { width: 100%; height: .6rem; margin: .6rem 0 1rem; accent-color: var(--accent); }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
section { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; min-width: 0; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .3rem 1rem; margin: 0; }
dt { color: var(--soft); overflow-wrap: anywhere; } dd { margin: 0; text-align: right; }
.large { margin: 0 0 .5rem; font-size: 2rem; font-weight: 600; line-height: 1.1; } .large small { font-size: 1rem; font-weight: 400; color: var(--soft); }
table { width: 100%; border-collapse: collapse; } th { font-weight: 400; color: var(--soft); text-align: right; } th:first-child { text-align: left; } td { text-align: right; padding-top: .3rem; }
svg { display: block; width: 100%; height: 5rem; } polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; }
.scale { display: flex; justify-content: space-between; font-size: .8rem; color: var(--soft); }
.bad { color: var(--bad); } .warn { color: var(--warn); }
`;

export const LIVE_SCRIPT = `
'use strict';
const element = (id) => document.getElementById(id);
const put = (id, text) => { element(id).textContent = text; };
const count = (value) => Math.round(value).toLocaleString('en');
const milliseconds = (value) => value < 10000 ? value.toLocaleString('en', { maximumSignificantDigits: 3 }) + ' ms' : (value / 1000).toFixed(1) + ' s';
const clock = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value) => String(value).padStart(2, '0');
  const short = two(Math.floor(seconds / 60) % 60) + ':' + two(seconds % 60);
  return seconds < 3600 ? short : Math.floor(seconds / 3600) + ':' + short;
};
const mark = (id, name, on) => element(id).classList.toggle(name, on);
const fill = (id, tag, rows) => {
  element(id).replaceChildren(...rows.map((cells) => {
    const row = document.createElement(tag);
    row.append(...cells.map((text, index) => {
      const cell = document.createElement(tag === 'tr' && index === 0 ? 'th' : tag === 'tr' ? 'td' : 'span');
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
};
const history = [];
let ended = false;
const main = (figures) => figures.trends.find((trend) => trend.name === 'ws_msg_rtt') || figures.trends[0];
const draw = (id, label, value, show) => {
  const values = history.map(value);
  const most = Math.max(...values.filter((one) => one !== undefined), 0);
  const width = (values.length > 60 ? 300 : 60) - 1;
  const points = values.flatMap((one, index) => one === undefined ? [] : [index * 600 / width + ',' + (98 - (most > 0 ? one / most : 0) * 94)]);
  element(id).setAttribute('points', points.join(' '));
  put(label + 'span', values.length > 60 ? 'last 5 minutes' : 'last minute');
  put(label, most > 0 ? 'at most ' + show(most) : 'nothing yet');
};
const paint = () => {
  const figures = history[history.length - 1];
  if (figures === undefined) return;
  const { clients, perSecond, trends, lag, errors } = figures;
  document.title = figures.name + ' \\u00b7 gwrk';
  put('name', figures.name);
  const left = figures.durationMs - figures.elapsedMs;
  if (!ended) {
    const isDraining = figures.durationMs > 0 && left <= 0;
    element('state').className = '';
    put('state', isDraining ? 'draining' : 'running');
  }
  put('time', figures.durationMs > 0 ? clock(figures.elapsedMs) + ' of ' + clock(figures.durationMs) + ', ' + clock(left) + ' left' : clock(figures.elapsedMs));
  const progress = element('progress');
  progress.hidden = figures.durationMs <= 0;
  progress.max = Math.max(1, figures.durationMs);
  progress.value = Math.min(figures.elapsedMs, figures.durationMs);
  put('ready', count(clients.ready));
  put('planned', ' of ' + count(clients.planned) + ' ready');
  put('open', count(clients.open));
  put('connecting', count(clients.connecting));
  put('failed', count(clients.failed));
  put('lost', count(clients.lost));
  mark('failed', 'bad', clients.failed > 0);
  mark('lost', 'bad', clients.lost > 0);
  put('sent', count(perSecond.sent));
  put('received', count(perSecond.received));
  put('sessions', count(perSecond.ready));
  fill('trends', 'tr', trends.map((trend) => [trend.label, milliseconds(trend.p50Ms), milliseconds(trend.p99Ms)]));
  put('lag', lag === null ? 'no samples' : milliseconds(lag.p99Ms));
  mark('lag', 'warn', lag !== null && lag.p99Ms > 5);
  put('missed', count(figures.messagesMissed));
  mark('missed', 'warn', figures.messagesMissed > 0);
  put('timeouts', count(figures.timeouts));
  put('checks', count(figures.checksFailed));
  mark('timeouts', 'bad', figures.timeouts > 0);
  mark('checks', 'bad', figures.checksFailed > 0);
  element('errors').replaceChildren(...errors.flatMap((error) => {
    const code = document.createElement('dt');
    code.textContent = error.code;
    const number = document.createElement('dd');
    number.textContent = count(error.count);
    number.className = 'bad';
    return [code, number];
  }));
  draw('rateline', 'ratemost', (one) => one.perSecond.sent, (most) => count(most) + ' a second');
  draw('latencyline', 'latencymost', (one) => { const trend = main(one); return trend && trend.p99Ms; }, milliseconds);
};
const source = new EventSource('/events');
source.addEventListener('history', (message) => { history.splice(0, history.length, ...JSON.parse(message.data)); paint(); });
source.addEventListener('figures', (message) => {
  history.push(JSON.parse(message.data));
  if (history.length > 300) history.shift();
  paint();
});
source.addEventListener('end', (message) => {
  const end = JSON.parse(message.data);
  ended = true;
  source.close();
  put('state', end.verdict);
  element('state').className = end.verdict;
  put('reason', end.reason);
});
source.onerror = () => {
  if (ended) return;
  put('state', 'gwrk does not answer any more');
  element('state').className = 'away';
};
`;

const pairs = (...rows: readonly (readonly [id: string, label: string])[]): string =>
  `<dl>${rows.map(([id, label]) => `<dt>${label}</dt><dd id="${id}">0</dd>`).join('')}</dl>`;
const chart = (id: string, title: string): string => `<section>
<h2>${title}</h2>
<svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="${title}"><polyline id="${id}line" points=""/></svg>
<div class="scale"><span id="${id}mostspan"></span><span id="${id}most"></span></div>
</section>`;

export const LIVE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>gwrk</title>
<style>${LIVE_STYLE}</style>
</head>
<body>
<header><h1 id="name">gwrk</h1><span id="state" role="status">waiting for the run</span><span id="time"></span></header>
<p id="reason"></p>
<progress id="progress" max="1" value="0" aria-label="time of the run"></progress>
<main>
<section><h2>Clients</h2><p class="large"><span id="ready">0</span><small id="planned"></small></p>${pairs(['open', 'open'], ['connecting', 'connecting'], ['failed', 'failed'], ['lost', 'lost'])}</section>
<section><h2>Messages a second</h2><p class="large"><span id="sent">0</span><small> sent</small></p>${pairs(['received', 'received'], ['sessions', 'sessions ready'])}</section>
<section><h2>Latency of the last second</h2><table><thead><tr><th></th><th>P50</th><th>P99</th></tr></thead><tbody id="trends"></tbody></table></section>
${chart('rate', 'Messages sent a second')}
${chart('latency', 'P99 of the answers')}
<section><h2>Generator and errors</h2>${pairs(['lag', 'generator lag, P99'], ['missed', 'messages missed'], ['timeouts', 'timeouts'], ['checks', 'checks failed'])}<dl id="errors"></dl></section>
</main>
<script>${LIVE_SCRIPT}</script>
</body>
</html>
`;
