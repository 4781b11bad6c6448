// Draws the page of `gwrk flame`. What a profile says (names of functions, paths) is only ever put in as text.

(() => {
  const { d3 } = globalThis;
  const flamegraph = globalThis.flamegraph.default;
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element('profile').textContent);
  const HUES = { o: [28, 84, 62], p: [187, 48, 53], n: [96, 42, 62], v: [209, 14, 68], g: [0, 70, 68] };
  const isWideText = (share) => `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
  const short = (frame) => (frame.endsWith(')') && frame.lastIndexOf(' (') > 0 ? frame.slice(0, frame.lastIndexOf(' (')) : frame);
  const place = (frame) => (short(frame) === frame ? '' : frame.slice(short(frame).length + 2, -1));
  const time = (us) => {
    const size = Math.abs(us);
    if (size < 0.005) return '0';
    if (size >= 1e6) return `${(us / 1e6).toFixed(2)} s`;
    if (size >= 1e3) return `${(us / 1e3).toFixed(size < 1e4 ? 1 : 0)} ms`;
    return `${us.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)} µs`;
  };
  const signed = (us) => (us > 0 ? `+${time(us)}` : us < 0 ? `−${time(-us)}` : '0');
  const per = data.per === '' ? '' : ` ${data.per}`;
  const FIRST_ROWS = 20;
  let isLong = false;
  let chart;
  let tab;
  let total = 0;
  let term = '';

  /** The stacks of a tab as the tree that d3-flame-graph wants. */
  const treeOf = ({ frames, kinds, stacks }) => {
    const root = { name: 'all', frame: 'all', kind: 'v', value: 0, delta: 0, children: [], known: new Map() };
    for (const [ids, weight, delta = 0] of stacks) {
      let node = root;
      node.value += weight;
      node.delta += delta;
      for (const id of ids) {
        let child = node.known.get(id);
        if (!child) {
          child = { name: short(frames[id]), frame: frames[id], kind: kinds[id], value: 0, delta: 0, children: [], known: new Map() };
          node.known.set(id, child);
          node.children.push(child);
        }
        child.value += weight;
        child.delta += delta;
        node = child;
      }
    }
    return root;
  };

  const shadeOf = (text) => {
    let hash = 0;
    for (let index = 0; index < text.length; index++) hash = (hash * 31 + text.charCodeAt(index)) % 997;
    return (hash % 13) - 6;
  };
  const colorOf = (node) => {
    if (node.highlight) return '#d63fd6';
    const { kind, frame, value, delta } = node.data;
    if (data.isDifference) {
      const before = tab.isBefore ? value : value - delta;
      const after = tab.isBefore ? value + delta : value;
      const share = Math.min(1, Math.abs(delta) / Math.max(before, after, 1e-9));
      if (share < 0.02) return '#c9ced4';
      if (before <= 1e-9) return '#ff9d3b';
      const lightness = 84 - 34 * share;
      return delta > 0 ? `hsl(4 82% ${lightness}%)` : `hsl(214 78% ${lightness}%)`;
    }
    const [hue, saturation, lightness] = HUES[kind];
    return `hsl(${hue} ${saturation}% ${lightness + shadeOf(frame)}%)`;
  };
  const told = ({ data: { frame, value, delta } }) => {
    const share = total > 0 ? `, ${isWideText(value / total)}` : '';
    if (!data.isDifference) return `${frame}: ${time(value)}${share}`;
    const [before, after] = tab.isBefore ? [value, value + delta] : [value - delta, value];
    return `${frame}: ${time(before)} → ${time(after)}${per} (${signed(delta)})`;
  };

  const draw = () => {
    const holder = element('chart');
    holder.replaceChildren();
    const root = treeOf(tab);
    total = root.value;
    if (total === 0) {
      holder.textContent = 'Nothing was sampled here: this thread had nothing to do.';
      return;
    }
    chart = flamegraph()
      .width(Math.max(280, holder.clientWidth))
      .cellHeight(20)
      .minFrameSize(1.5)
      .transitionDuration(matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 180)
      .inverted(true)
      .sort((a, b) => b.data.value - a.data.value)
      .setColorMapper(colorOf)
      .setLabelHandler(told)
      .setDetailsHandler((text) => {
        element('details').textContent = text ?? (chart.zoomed ? told(chart.zoomed) : '');
      })
      .setSearchMatch((node, wanted) => wanted !== '' && node.data.frame.toLowerCase().includes(wanted.toLowerCase()))
      .setSearchHandler((_found, sum) => {
        element('matched').textContent = term === '' ? '' : `${isWideText(sum / total)} matched`;
      })
      .onClick((node) => {
        chart.zoomed = node.depth === 0 ? undefined : node;
        element('reset').disabled = chart.zoomed === undefined;
        element('details').textContent = chart.zoomed ? told(node) : '';
      });
    d3.select(holder).datum(root).call(chart);
    element('reset').disabled = true;
    if (term !== '') chart.search(term);
  };

  const cell = (tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const rowOf = ([id, first, second], largest) => {
    const frame = tab.frames[id];
    const row = document.createElement('tr');
    const name = cell('td', '', 'function');
    const button = cell('button', short(frame));
    button.type = 'button';
    button.title = `Find ${frame}`;
    button.addEventListener('click', () => search(element('search').value === frame ? '' : frame));
    name.append(button, cell('span', place(frame), 'place'));
    if (data.isDifference) {
      const change = second - first;
      const mark = change > 0 ? 'more' : 'less';
      const what = first <= 0 ? 'new' : second <= 0 ? 'gone' : `${change > 0 ? '+' : '−'}${Math.abs((change / first) * 100).toFixed(0)} %`;
      row.append(name, cell('td', time(first)), cell('td', time(second)), cell('td', signed(change), mark), cell('td', what, mark));
    } else {
      const share = cell('td', isWideText(first / total), 'share');
      const bar = document.createElement('meter');
      bar.max = largest;
      bar.value = first;
      bar.setAttribute('aria-hidden', 'true');
      share.prepend(bar);
      row.append(name, cell('td', time(first)), share, cell('td', isWideText(second / total)));
    }
    return row;
  };

  const fill = () => {
    const largest = Math.max(1, ...tab.rows.map((row) => row[1]));
    const rows = (isLong ? tab.rows : tab.rows.slice(0, FIRST_ROWS)).map((row) => rowOf(row, largest));
    element('rows').replaceChildren(...rows);
    element('all-rows').hidden = isLong || tab.rows.length <= FIRST_ROWS;
    element('hint').textContent = tab.hint;
  };

  const search = (text) => {
    term = text.trim();
    element('search').value = text;
    if (total === 0) return;
    if (term === '') {
      chart.clear();
      element('matched').textContent = '';
    } else chart.search(term);
  };

  const show = (index) => {
    tab = data.tabs[index];
    for (const [at, button] of [...element('tabs').children].entries()) {
      button.setAttribute('aria-selected', String(at === index));
      button.tabIndex = at === index ? 0 : -1;
    }
    element('details').textContent = '';
    draw();
    fill();
  };

  const makeTabs = () => {
    const list = element('tabs');
    list.hidden = data.tabs.length < 2;
    for (const [index, { name, share }] of data.tabs.entries()) {
      const button = cell('button', name);
      button.type = 'button';
      button.setAttribute('role', 'tab');
      if (share !== '') button.append(cell('small', share));
      button.addEventListener('click', () => show(index));
      button.addEventListener('keydown', ({ key }) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
        if (step === undefined) return;
        const next = (index + step + data.tabs.length) % data.tabs.length;
        show(next);
        list.children[next].focus();
      });
      list.append(button);
    }
  };

  const choose = (theme) => {
    document.documentElement.dataset.theme = theme;
    element('theme').textContent = theme === 'dark' ? 'Light' : 'Dark';
  };
  const setUp = () => {
    document.documentElement.classList.add('live');
    element('tools').hidden = false;
    choose(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    element('theme').addEventListener('click', () => choose(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
    element('search').addEventListener('input', ({ target }) => search(target.value));
    element('all-rows').addEventListener('click', () => {
      isLong = true;
      fill();
    });
    element('reset').addEventListener('click', () => chart.resetZoom());
    document.addEventListener('keydown', (event) => {
      if (event.key === '/' && document.activeElement !== element('search')) {
        event.preventDefault();
        element('search').focus();
      } else if (event.key === 'Escape') {
        search('');
        if (chart) chart.resetZoom();
      }
    });
    let width = element('chart').clientWidth;
    let timer;
    addEventListener('resize', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (element('chart').clientWidth === width) return;
        width = element('chart').clientWidth;
        draw();
      }, 150);
    });
  };

  setUp();
  makeTabs();
  show(0);
})();
