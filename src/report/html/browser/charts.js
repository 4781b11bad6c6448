// The script of a report's page (src/report/html): turns the data block into charts that share a cursor. It runs in a browser, is
// put into the page as it stands, and asks for nothing. Texts are set as text only.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const SYNC = 'time';
  const HEIGHT = 210;
  const live = [];
  /** Steps of an axis of bytes: 1, 2, 4 ... of each unit. */
  const BINARY = Array.from({ length: 48 }, (_, power) => 2 ** power);

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const figures = (value) => {
    const size = Math.abs(value);
    if (size === 0) return '0';
    if (size >= 99.95) return Math.round(value).toLocaleString('en');
    return value.toFixed(size < 9.995 ? (size < 0.9995 ? 3 : 2) : 1);
  };
  const trimmed = (text) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  const scaled = (value, step, units) => {
    let unit = 0;
    let rest = value;
    for (; Math.abs(rest) >= step && unit < units.length - 1; unit++) rest /= step;
    return `${figures(rest)}${units[unit]}`;
  };
  const FORMATS = {
    ms: (value) => (value < 10000 ? `${figures(value)} ms` : `${figures(value / 1000)} s`),
    bytes: (value) => scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']),
    bytesPerSecond: (value) => `${scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB'])}/s`,
    perSecond: (value) => `${scaled(value, 1000, ['', 'k', 'M'])}/s`,
    share: (value) => `${figures(value * 100)} %`,
    cores: figures,
    count: (value) => (value < 1e7 ? Math.round(value).toLocaleString('en') : scaled(value, 1000, ['', 'k', 'M', 'G'])),
  };
  const ofAxis = (unit) => (value) => {
    if (value === null) return '';
    if (value === 0) return '0';
    const text = unit === 'count' && Math.abs(value) < 10 ? trimmed(figures(value)) : FORMATS[unit](value);
    return text.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
  };
  const clock = (seconds) => {
    const two = (value) => String(value).padStart(2, '0');
    const whole = Math.max(0, Math.round(seconds));
    const short = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return whole < 3600 ? short : `${Math.floor(whole / 3600)}:${short}`;
  };
  const percent = (nines) => `p${trimmed((100 * (1 - 10 ** -nines)).toFixed(Math.max(0, Math.ceil(nines) - 1)))}`;
  const percentTick = (nines) => (nines === 0 ? '0 %' : nines === 1 ? '90 %' : `99${nines > 2 ? `.${'9'.repeat(nines - 2)}` : ''} %`);

  /** Phases of the run behind the lines. */
  const shade = (phases) => (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    phases.forEach(({ from, until }, index) => {
      const left = Math.max(bbox.left, u.valToPos(from, 'x', true));
      const right = Math.min(bbox.left + bbox.width, u.valToPos(until, 'x', true));
      if (right <= left) return;
      ctx.fillStyle = color(`phase${index % 2}`);
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    });
    ctx.restore();
  };

  /** A stacked chart draws each kind with what is below it; its legend still tells the kind alone. */
  const drawn = ({ stacked, lines }) => {
    if (!stacked) return lines.map(({ values }) => values);
    const sums = [];
    return lines.map(({ values }) => values.map((value, index) => (value === null ? null : (sums[index] = (sums[index] ?? 0) + value))));
  };

  const series = (chart) => (line) => {
    const stroke = color(line.before ? 'before' : line.tone);
    return {
      label: line.label,
      stroke,
      width: line.before ? 1.25 : 1.75,
      spanGaps: false,
      points: { show: false },
      ...(line.dashed && { dash: [6, 4] }),
      ...(chart.stacked && { fill: `${stroke}33` }),
    };
  };

  let isZooming = false;
  const zoomTogether = (u, key) => {
    if (key !== 'x' || isZooming) return;
    isZooming = true;
    const { min, max } = u.scales.x;
    for (const one of live) if (one.shared && one.plot !== u) one.plot.setScale('x', { min, max });
    isZooming = false;
  };

  /** Values at the cursor, beside their names. */
  const tell = ({ chart, values, moment, x, shared }, u) => {
    const at = u.cursor.idx;
    const isThere = at !== null && at !== undefined && u.cursor.left >= 0;
    moment.textContent = isThere ? (shared ? clock(x[at]) : percent(x[at])) : '';
    chart.lines.forEach((line, index) => {
      const value = isThere ? line.values[at] : null;
      values[index].textContent = value === null || value === undefined ? '' : FORMATS[chart.unit](value);
    });
  };

  const options = (entry) => {
    const { chart, shared, figure } = entry;
    const axis = { stroke: color('faint'), font: '11.5px system-ui, sans-serif', ticks: { show: false }, border: { show: false } };
    const powers = (_, ticks) => ticks.map((tick) => (Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6) ? tick : null));
    const grid = { stroke: color('rule'), width: 1, ...(chart.log && { filter: powers }) };
    const moments = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400];
    return {
      width: Math.max(220, figure.clientWidth - entry.padding),
      height: HEIGHT,
      padding: [10, 18, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: shared, y: false },
        points: { size: 7, width: 1.5 },
        ...(shared && { sync: { key: SYNC, setSeries: false } }),
      },
      scales: {
        x: { time: false },
        y: chart.log ? { distr: 3 } : { range: (_, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          space: 60,
          incrs: shared ? moments : [1],
          values: (_, ticks) => ticks.map(shared ? clock : percentTick),
        },
        {
          ...axis,
          grid,
          size: 66,
          space: 30,
          ...(chart.unit.startsWith('bytes') && { incrs: BINARY }),
          values: (_, ticks) => ticks.map(ofAxis(chart.unit)),
        },
      ],
      series: [{}, ...chart.lines.map(series(chart))],
      hooks: {
        drawClear: shared ? [shade(data.time.phases)] : [],
        setCursor: [(u) => tell(entry, u)],
        setScale: shared ? [zoomTogether] : [],
      },
    };
  };

  /** Below the chart: a button a line, which shows and hides it. */
  const legendOf = (entry) => {
    const list = document.createElement('ul');
    list.className = 'legend live';
    entry.values = entry.chart.lines.map((line, index) => {
      const button = document.createElement('button');
      const sample = document.createElement('i');
      const value = document.createElement('b');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      sample.className = `${line.before ? 'before' : line.tone}${line.dashed ? ' dashed' : ''}`;
      button.append(sample, line.label, value);
      button.addEventListener('click', () => {
        const isShown = button.getAttribute('aria-pressed') !== 'true';
        button.setAttribute('aria-pressed', String(isShown));
        entry.plot.setSeries(index + 1, { show: isShown });
      });
      const item = document.createElement('li');
      item.append(button);
      list.append(item);
      return value;
    });
    return list;
  };

  /** Arrow keys go from sample to sample; the other charts follow. */
  const onKey = (entry) => (event) => {
    const { plot, x } = entry;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -x.length, End: x.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(x.length - 1, Math.max(0, (plot.cursor.idx ?? (step > 0 ? -1 : x.length)) + step));
    plot.setCursor({ left: plot.valToPos(x[next], 'x'), top: 1 }, true, true);
  };

  const redraw = (entry) => {
    entry.plot?.destroy();
    entry.plot = new uPlot(options(entry), [entry.x, ...drawn(entry.chart)], entry.box);
    [...entry.legend.querySelectorAll('button')].forEach((button, index) => {
      if (button.getAttribute('aria-pressed') === 'false') entry.plot.setSeries(index + 1, { show: false });
    });
  };

  const add = (chart, x, shared) => {
    const figure = [...document.querySelectorAll('figure[data-chart]')].find((one) => one.dataset.chart === chart.id);
    if (!figure || x.length === 0) return;
    const entry = { chart, x, shared, figure, box: document.createElement('div'), moment: document.createElement('span') };
    const style = getComputedStyle(figure);
    entry.padding = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.paddingRight) + 2;
    entry.moment.className = 'moment live';
    figure.querySelector('figcaption').append(entry.moment);
    entry.box.className = 'live';
    entry.box.tabIndex = 0;
    entry.box.setAttribute('role', 'group');
    entry.box.setAttribute('aria-label', `${chart.title}: arrow keys read it value by value`);
    entry.box.addEventListener('keydown', onKey(entry));
    entry.legend = legendOf(entry);
    figure.append(entry.box, entry.legend);
    redraw(entry);
    live.push(entry);
  };

  document.documentElement.classList.add('has-script');
  for (const hint of document.querySelectorAll('.hint')) hint.hidden = false;
  for (const chart of data.time.charts) add(chart, data.time.x, true);
  for (const { x, ...chart } of data.percentiles) add(chart, x, false);

  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const { plot, figure, padding } of live) plot.setSize({ width: Math.max(220, figure.clientWidth - padding), height: HEIGHT });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => live.forEach(redraw));
})();
