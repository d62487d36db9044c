// How it goes, in two sentences and six figures.

import {find, make, say} from './dom.js';
import {ago, count, inTen, percent, short} from './format.js';

const WORST_WORTH_TELLING = 0.01;

/** What a model has learned so far, as one would say it: pieces of text, those in bold as elements. */
function sentences(history) {
  const {report, points} = history;
  const name = make('strong', {}, history.name);
  if (!report.window) return [name, ` has seen ${count(report.seen)} images; its first report is on its way.`];
  const now = report.window.accuracy;
  const text = [name, ' has read ', make('strong', {}, count(report.seen)), ' images, each one guessed before it was learned from. '];
  if (report.diverged) {
    text.push('It diverged, went back to its last good weights and learns no more; it still predicts.');
    return text;
  }
  if (report.paused) text.push('It is paused: it predicts and learns nothing. ');
  const first = points[0][2];
  text.push(points.length > 2 && now > first + 0.05
    ? `At first it got ${inTen(first)} right; now it gets `
    : 'It gets ');
  text.push(make('strong', {}, percent(now)), ' right');
  const worst = mostConfused(report.lifetime);
  text.push(worst && points.length > 2 ? `, and it takes a ${worst.label} for a ${worst.predicted} more than anything else.` : '.');
  return text;
}

function mostConfused({confusion, classes, images}) {
  if (!confusion || images === 0) return null;
  let worst = null;
  for (let label = 0; label < classes; label++) {
    for (let predicted = 0; predicted < classes; predicted++) {
      const times = confusion[label * classes + predicted];
      if (label !== predicted && times > (worst?.times ?? 0)) worst = {label, predicted, times};
    }
  }
  return worst && worst.times >= WORST_WORTH_TELLING * images / classes ? worst : null;
}

export function tell(history, now) {
  find('story').replaceChildren(...sentences(history));
  const {report} = history;
  const {window: last, lifetime} = report;
  tiles([
    ['Accuracy', last ? percent(last.accuracy) : '–', last ? `of the last ${count(last.images)} images` : 'no report yet'],
    ['Over its life', percent(lifetime.accuracy), `of ${short(lifetime.images)} images`],
    ['Loss', last ? Number(last.loss).toFixed(3) : '–', 'nats an image'],
    ['Updates', short(report.version), report.skipped > 0 ? `${count(report.skipped)} skipped` : 'version of the weights'],
    ['Learning rate', Number(report.learningRate).toPrecision(2), `gradient ${Number(report.gradientNorm).toPrecision(2)}`],
    ['Came to', `offset ${short(report.offset)}`, `partition ${report.partition}, ${ago(report.time, now)}`],
  ]);
}

function tiles(entries) {
  const list = find('tiles');
  if (list.children.length !== entries.length) {
    list.replaceChildren(...entries.map(() => make('div', {}, make('dt'), make('dd', {}, make('span'), make('small')))));
  }
  entries.forEach(([title, value, note], i) => {
    const tile = list.children[i];
    say(tile.querySelector('dt'), title);
    say(tile.querySelector('span'), value);
    say(tile.querySelector('small'), note);
  });
}
