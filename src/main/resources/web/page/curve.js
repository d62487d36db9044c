// The learning curve: accuracy above loss, one line for each model, and marks of what happened.

import {choice, colour, find, make} from './dom.js';
import {count, percent, short} from './format.js';

const MARKS = {
  update_skipped: 'update skipped',
  diverged: 'diverged',
  adopted: 'brought to another place',
  begins_again: 'begins again',
  drift: 'drift',
  paused: 'paused',
  resumed: 'resumed',
};
const TABLE_ROWS = 40;
const ACCURACY = 2;
const LOSS = 3;

export class Curve {
  #axis = 'images';
  #plots = [];
  #drawn = '';
  #histories = [];
  #due = false;

  constructor() {
    choice(document.querySelector('.curve .switch'), 'axis', (axis) => {
      this.#axis = axis;
      this.#drawn = '';
      this.#draw();
    });
    find('curve-table').addEventListener('toggle', () => this.#table());
    new ResizeObserver(() => this.#resize()).observe(find('accuracy'));
  }

  /** Shows these models, the first one in front; draws once a frame at most. */
  show(histories) {
    this.#histories = histories;
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  /** Colours have changed. */
  repaint() {
    this.#drawn = '';
    this.#draw();
  }

  #draw() {
    const shown = this.#histories.filter((history) => history.points.length > 0);
    if (shown.length === 0) return;
    document.querySelector('.curve').classList.add('drawn');
    const key = `${this.#axis} ${JSON.stringify(shown.map((history) => history.name))}`;
    const accuracy = this.#data(shown, ACCURACY);
    const loss = this.#data(shown, LOSS);
    if (key !== this.#drawn) {
      this.#drawn = key;
      this.#plots.forEach((plot) => plot.destroy());
      this.#plots = [
        this.#plot(find('accuracy'), shown, accuracy, 270, 'Accuracy', (value) => percent(value, 0), unitRange),
        this.#plot(find('loss'), shown, loss, 140, 'Loss, nats', (value) => value.toFixed(2), zeroRange),
      ];
    } else {
      const zoomed = this.#plots[0].zoomed;
      [accuracy, loss].forEach((data, i) => this.#plots[i].setData(data, !zoomed));
      if (zoomed) this.#plots.forEach((plot) => plot.redraw());
    }
    this.#readout(null);
    this.#marks(shown);
    this.#table();
    find('accuracy').setAttribute('role', 'img');
    find('accuracy').setAttribute('aria-label', describe(shown));
  }

  #data(shown, column) {
    const lines = shown.map((history) => [history.xs(this.#axis), history.column(column)]);
    return lines.length === 1 ? lines[0] : uPlot.join(lines);
  }

  #plot(element, shown, data, height, label, format, range) {
    const time = this.#axis === 'time';
    const axis = {stroke: colour('--soft'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false}, font: '12px system-ui'};
    const plot = new uPlot({
      width: element.clientWidth,
      height,
      legend: {show: false},
      cursor: {sync: {key: 'curve'}, y: false, points: {size: 7}},
      scales: {x: {time}, y: {range}},
      axes: [
        {...axis, size: 26, gap: 6, grid: {show: false}, values: time ? undefined : (u, splits) => splits.map(short)},
        {...axis, size: 56, values: (u, splits) => splits.map(format), label, labelSize: 18, labelFont: '12px system-ui'},
      ],
      series: [{}, ...shown.map((history, i) => ({
        label: history.name,
        stroke: colour(`--s${i}`),
        width: i === 0 ? 2.4 : 1.8,
        dash: i === 0 ? undefined : [9 - i, 3],
        spanGaps: true,
        points: {show: (u) => u.data[0].length < 3}, // a line of one point is none
      }))],
      hooks: {
        setCursor: [(u) => this.#readout(u.cursor.idx)],
        setSelect: [(u) => { this.#plots.forEach((each) => { each.zoomed = u.select.width > 0; }); }],
        draw: [(u) => drawMarks(u, shown[0], this.#axis)],
      },
    }, data, element);
    plot.over.addEventListener('dblclick', () => this.#plots.forEach((each) => { each.zoomed = false; }));
    return plot;
  }

  #resize() {
    const width = find('accuracy').clientWidth;
    for (const plot of this.#plots) {
      if (plot.width !== width) plot.setSize({width, height: plot.height});
    }
  }

  /** Values under the cursor, or each model's latest ones. */
  #readout(index) {
    const [accuracy, loss] = this.#plots;
    if (!accuracy || !loss) return;
    const x = index == null ? null : accuracy.data[0][index];
    const parts = [make('span', {}, x == null ? 'Latest'
      : this.#axis === 'time' ? new Date(1000 * x).toLocaleString() : `${count(x)} images`)];
    accuracy.series.slice(1).forEach((line, i) => {
      const at = lastValue(accuracy.data[i + 1], index ?? Infinity);
      if (at < 0) return;
      const swatch = make('i');
      swatch.style.background = colour(`--s${i}`);
      parts.push(make('span', {}, swatch, `${line.label} `, make('b', {}, percent(accuracy.data[i + 1][at])),
        ` loss ${Number(loss.data[i + 1][at]).toFixed(3)}`));
    });
    find('readout').replaceChildren(...parts);
  }

  #marks(shown) {
    const marks = shown.flatMap((history) => history.marks.map((mark) => [history, mark]));
    const key = JSON.stringify(marks.map(([history, mark]) => [history.name, mark.kind, mark.at, mark.count]));
    const list = find('marks');
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(...marks.slice(-8).map(([history, mark]) =>
      make('li', {}, make('b', {}, name(mark)),
        ` ${shown.length > 1 ? history.name + ' ' : ''}at ${count(mark.at)} images`,
        mark.count > 1 ? `, ${count(mark.count)} times` : '',
        mark.text ? `: ${mark.text}` : '')));
  }

  /** Some of the points, evenly, newest first; only while somebody looks. */
  #table() {
    const details = find('curve-table');
    const history = this.#histories[0];
    if (!details.open || !history) return;
    const step = Math.max(1, Math.ceil(history.points.length / TABLE_ROWS));
    const rows = history.points.filter((_, i) => (history.points.length - 1 - i) % step === 0).reverse();
    details.querySelector('div').replaceChildren(make('table', {},
      make('caption', {class: 'unseen'}, `Learning curve of ${history.name}`),
      make('thead', {}, make('tr', {}, ...['Images', 'Time', 'Accuracy', 'Loss'].map((title) => make('th', {scope: 'col'}, title)))),
      make('tbody', {}, ...rows.map(([images, time, accuracy, loss]) => make('tr', {},
        make('td', {}, count(images)),
        make('td', {}, new Date(time).toLocaleString()),
        make('td', {}, percent(accuracy, 2)),
        make('td', {}, Number(loss).toFixed(4)))))));
  }
}

/** Where the last value is, up to an index: models have points at places of their own. */
function lastValue(values, index) {
  for (let at = Math.min(index, values.length - 1); at >= 0; at--) if (values[at] != null) return at;
  return -1;
}

function name(mark) {
  return MARKS[mark.kind] ?? mark.kind.replaceAll('_', ' ');
}

function describe(shown) {
  return shown.map((history) => {
    const last = history.points.at(-1);
    return `${history.name}: accuracy ${percent(history.points[0][2])} at first, ${percent(last[2])} after ${count(last[0])} images`;
  }).join('; ');
}

function unitRange(u, low, high) {
  if (low == null) return [0, 1];
  const span = Math.max(high - low, 0.02);
  return [Math.max(0, low - 0.06 * span), Math.min(1, high + 0.06 * span)];
}

function zeroRange(u, low, high) {
  return [0, high == null ? 1 : 1.06 * Math.max(high, 1e-3)];
}

function drawMarks(u, history, axis) {
  const {ctx} = u;
  ctx.save();
  ctx.strokeStyle = colour('--wrong');
  ctx.fillStyle = colour('--soft');
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.lineWidth = devicePixelRatio;
  let free = -Infinity;
  for (const mark of history.marks) {
    const x = Math.round(u.valToPos(axis === 'time' ? mark.time / 1000 : mark.at, 'x', true));
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, u.bbox.top);
    ctx.lineTo(x, u.bbox.top + u.bbox.height);
    ctx.stroke();
    if (x > free && u.bbox.height > 150 * devicePixelRatio) {
      ctx.fillText(name(mark), x + 4 * devicePixelRatio, u.bbox.top + 12 * devicePixelRatio);
      free = x + 100 * devicePixelRatio;
    }
  }
  ctx.restore();
}
