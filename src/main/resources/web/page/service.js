// How this instance is: its state in words, what it does in a second, how long that takes, what it
// could not use; and the models of all instances.

import {find, make, pairs, say} from './dom.js';
import {ago, count, percent, seconds, short} from './format.js';

const KEPT = 120; // events, one a second
const RECENT = 10;
const IDLE_AFTER = 3;

export class Service {
  #told = []; // the last events, oldest first
  #rates = [];

  /** Takes how the service is now; returns whether images come. */
  show(event) {
    if (this.#told.length > 0 && event.figures.images + event.figures.learned < sum(this.#told.at(-1))) {
      this.#told = []; // it was started again
    }
    this.#told.push(event);
    this.#told.splice(0, this.#told.length - KEPT);
    const {figures} = event;
    const rate = this.#rate(2);
    this.#rates.push(rate);
    this.#rates.splice(0, this.#rates.length - KEPT);
    say(find('rate'), count(rate));
    this.#spark();
    pairs(find('counts'), [
      ['learned from', count(figures.learned)],
      ['updates', count(figures.batches)],
      ['predicted only', count(figures.unlabeled)],
      ['updates skipped', count(figures.skipped)],
    ]);
    this.#times(figures);
    this.#dead(figures.deadLetters);
    say(find('application'), event.application);
    const trouble = find('trouble');
    trouble.hidden = !event.trouble;
    say(trouble, sentence(event.trouble));
    say(find('updated'), `As of ${new Date(event.time).toLocaleTimeString()}.`);
    return this.#rate(IDLE_AFTER) > 0;
  }

  #rate(span) {
    const last = this.#told.at(-1);
    const first = this.#told[Math.max(0, this.#told.length - 1 - span)];
    const time = (last.time - first.time) / 1000;
    return time > 0 ? (sum(last) - sum(first)) / time : 0;
  }

  #spark() {
    const top = Math.max(1, ...this.#rates);
    const points = this.#rates.map((rate, i) => `${120 - (this.#rates.length - 1 - i)},${31 - 29 * rate / top}`);
    const spark = find('rates');
    spark.querySelector('polyline').setAttribute('points', points.join(' '));
    spark.setAttribute('aria-label', `Images a second over the last ${this.#rates.length} seconds, ${count(top)} at most`);
  }

  #times(figures) {
    const earlier = this.#told[Math.max(0, this.#told.length - 1 - RECENT)].figures.latency;
    const recent = difference(figures.latency, earlier);
    const shown = recent.count > 0 ? recent : figures.latency;
    pairs(find('times'), [
      ['half within', seconds(quantile(shown, 0.5))],
      ['99 of 100 within', seconds(quantile(shown, 0.99))],
      ['a batch is learned in', seconds(figures.steps.seconds / figures.steps.count)],
      ['a commit takes', seconds(figures.commitMillis / 1000)],
    ]);
    histogram(find('latency'), shown, recent.count > 0 ? `in the last ${RECENT} s` : 'since it started');
  }

  #dead(reasons) {
    const rows = Object.entries(reasons).sort(([, a], [, b]) => b - a);
    const key = JSON.stringify(rows);
    const place = find('dead');
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    if (rows.length === 0) {
      place.replaceChildren(make('p', {class: 'empty'}, 'None since this instance started.'));
      return;
    }
    place.replaceChildren(make('dl', {class: 'pairs'}, ...rows.flatMap(([reason, times]) => [make('dt', {}, reason), make('dd', {}, count(times))])));
  }
}

/** The instance's state in words, and how good it is. */
export function state({alive, ready, status}, learns, model) {
  if (!alive) return ['bad', `Stopped: ${status}`];
  if (!ready) return ['wait', sentence(status)];
  if (model?.report?.diverged) return ['bad', `Running; ${model.name} has diverged`];
  if (model?.report?.paused) return ['wait', `Running; ${model.name} is paused`];
  return ['good', learns ? 'Learning' : 'Ready, no images come'];
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sum({figures}) {
  return figures.images + figures.unlabeled;
}

function difference(now, earlier) {
  return {
    count: now.count - earlier.count,
    buckets: now.buckets.map(([bound, times], i) => [bound, times - (earlier.buckets[i]?.[1] ?? 0)]),
  };
}

/** Within a bucket as if evenly spread; beyond the last one it is not known. */
function quantile({count: all, buckets}, share) {
  const wanted = share * all;
  let [below, lower] = [0, 0];
  for (const [bound, times] of buckets) {
    if (times >= wanted && times > below) return lower + (bound - lower) * (wanted - below) / (times - below);
    [below, lower] = [times, bound];
  }
  return NaN;
}

function histogram(place, {count: all, buckets}, when) {
  const bars = buckets.map(([bound, times], i) => [bound, times - (buckets[i - 1]?.[1] ?? 0)]);
  const used = bars.map(([, times]) => times > 0);
  const from = Math.max(0, used.indexOf(true));
  const to = Math.max(from + 1, used.lastIndexOf(true) + 1);
  const shown = all > 0 ? bars.slice(from, to) : [];
  const key = shown.map(([bound]) => bound).join();
  if (place.dataset.key !== key || !place.firstChild) {
    place.dataset.key = key;
    place.replaceChildren(make('table', {class: 'hist'}, make('caption', {class: 'unseen'}, ''),
      make('tbody', {}, ...shown.map(([bound]) => make('tr', {}, make('th', {scope: 'row', class: 'number'}, `≤ ${seconds(bound)}`),
        make('td', {}, make('span', {class: 'track'}, make('span', {class: 'fill'}))), make('td', {class: 'number'}))))));
  }
  say(place.querySelector('caption'), `From a record's time stamp to its prediction, ${when}`);
  const top = Math.max(1, ...shown.map(([, times]) => times));
  [...place.querySelectorAll('tr')].forEach((row, i) => {
    row.querySelector('.fill').style.transform = `scaleX(${shown[i][1] / top})`;
    say(row.lastElementChild, short(shown[i][1]));
  });
}

/** The table of all models; choose is called with a name. */
export function showModels({models, left}, instance, shown, now, choose) {
  const here = new Set(instance?.partitions ?? []);
  const rows = [...models].sort((a, b) => a.name.localeCompare(b.name, 'en', {numeric: true}));
  const body = find('models');
  const known = new Map([...body.children].map((row) => [row.dataset.model, row]));
  body.replaceChildren(...rows.map((model) => {
    const row = known.get(model.name) ?? make('tr', {'data-model': model.name},
      make('th', {scope: 'row'}, make('button', {type: 'button', onclick: () => choose(model.name)}, model.name)),
      make('td', {}, make('span', {class: 'badge'})), make('td'), make('td', {class: 'number'}),
      make('td', {class: 'number'}), make('td', {class: 'number'}), make('td'));
    const [, badge, place, images, version, accuracy, time] = row.children;
    const word = badge.firstChild;
    say(word, model.diverged ? 'diverged' : model.paused ? 'paused' : 'learns');
    word.className = `badge${model.diverged ? ' bad' : ''}`;
    say(place, `partition ${model.partition}, ${here.has(model.partition) ? 'here' : 'another instance'}`);
    say(images, count(model.images));
    say(version, count(model.version));
    say(accuracy, percent(model.accuracy));
    say(time, ago(model.time, now));
    row.classList.toggle('chosen', shown.includes(model.name));
    return row;
  }));
  const partitions = [...here];
  say(find('partitions'), (partitions.length === 0 ? 'this instance has no partitions'
    : `this instance has partition${partitions.length > 1 ? 's' : ''} ${partitions.join(', ')}`)
    + (left > 0 ? `; ${count(left)} that reported longer ago are left out` : ''));
}
