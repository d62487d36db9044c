// Wires the page: what the service tells goes to those who show it.

import {ask, hasToken, keepToken} from './api.js';
import {Confusion} from './confusion.js';
import {Curve} from './curve.js';
import {Drawing} from './draw.js';
import {find, make, say} from './dom.js';
import {count} from './format.js';
import {History} from './history.js';
import {showMisread, showUnits} from './pictures.js';
import {Service, showModels, state} from './service.js';
import {tell} from './story.js';
import {Stream} from './stream.js';

const MOST_MODELS = 6;
const MOST_CHIPS = 12;
const UNITS_EVERY = 2000;

const curve = new Curve();
const confusion = new Confusion();
const drawing = new Drawing();
const service = new Service();
const histories = new Map();
let list = {models: [], left: 0};
let instance = null;
let shown = fromAddress(); // names; the first one is the model in front
let learns = false;
let now = Date.now();

const stream = new Stream({
  event(name, data) {
    document.body.classList.remove('lost');
    ({service: onService, models: onModels, model: onModel, misread: onMisread})[name]?.(data);
  },
  lost() {
    document.body.classList.add('lost');
    setState('bad', 'Connection lost; trying again');
  },
  unauthorized: askForToken,
});

function onService(event) {
  now = event.time;
  instance = event.instance;
  learns = service.show(event);
  setState(...state(instance, learns, front()));
  showModels(list, instance, shown, now, choose);
  draw();
}

/** A drawing is read by a model that lives here. */
function draw() {
  const model = list.models.find(({name}) => name === shown[0]);
  if (!model || !instance) return;
  if (instance.partitions.includes(model.partition)) drawing.use(model.name);
  else drawing.refuse(`${model.name} lives in another instance, whose page draws for it.`);
}

function onModels(told) {
  list = told;
  showModels(list, instance, shown, now, choose);
  choices();
}

function onModel(told) {
  if (!histories.has(told.name)) histories.set(told.name, new History());
  histories.get(told.name).add(told);
  if (shown.length === 0) {
    shown = [told.name];
    stream.next(shown);
    choices();
    units();
  }
  if (told.name === shown[0]) {
    tell(front(), now);
    confusion.show(told);
  }
  curve.show(shown.map((name) => histories.get(name)).filter(Boolean));
}

function onMisread({model, images}) {
  if (model === shown[0]) showMisread(images);
}

function front() {
  return histories.get(shown[0]);
}

function setState(kind, words) {
  const element = find('state');
  element.dataset.state = kind;
  say(element, words);
}

/** Puts a model in front; those beside it stay, unless it was one of them. */
function choose(name) {
  look([name, ...shown.slice(1).filter((other) => other !== name)]);
  find('main').focus({preventScroll: false});
}

function look(names) {
  if (names[0] !== shown[0]) showMisread([]);
  shown = names.slice(0, MOST_MODELS);
  history.replaceState(null, '', `#${new URLSearchParams(shown.map((name) => ['model', name]))}`);
  for (const name of [...histories.keys()]) if (!shown.includes(name)) histories.delete(name);
  choices();
  stream.show(shown);
  if (front()) {
    tell(front(), now);
    confusion.show(front().report);
  }
  draw();
  units();
}

/** A reload and a link show the same models. */
function fromAddress() {
  return new URLSearchParams(location.hash.slice(1)).getAll('model').slice(0, MOST_MODELS);
}

function choices() {
  const names = [...new Set([...list.models.map((model) => model.name), ...shown])]
    .sort((a, b) => a.localeCompare(b, 'en', {numeric: true}));
  const select = find('model');
  const key = JSON.stringify([names, shown]);
  if (select.dataset.key === key || names.length === 0) return;
  select.dataset.key = key;
  select.disabled = false;
  select.replaceChildren(...names.map((name) => make('option', {selected: name === shown[0]}, name)));
  const others = names.filter((name) => name !== shown[0]);
  const chips = [...others.filter((name) => shown.includes(name)), ...others.filter((name) => !shown.includes(name))];
  find('compare').replaceChildren(...chips.slice(0, MOST_CHIPS).map((name) => make('button', {
    type: 'button',
    'aria-pressed': String(shown.includes(name)),
    onclick: () => look(shown.includes(name) ? shown.filter((each) => each !== name) : [...shown, name]),
  }, `+ ${name}`)));
}

let unitsShown = '';
let unitsInSight = false;

/** Asks only while somebody sees them. */
async function units() {
  if (document.hidden || !unitsInSight || shown.length === 0) return;
  const model = shown[0];
  try {
    const told = await (await ask(`api/weights?${new URLSearchParams({model})}`)).json();
    const key = `${model} ${told.version ?? told.reason}`;
    if (model !== shown[0] || key === unitsShown) return;
    if (told.reason) {
      say(find('units-note'), `not to be had now: ${told.reason}`);
      return;
    }
    unitsShown = key;
    showUnits(told);
    say(find('units-note'), `weights of the first layer, version ${count(told.version)}`
      + (told.all > told.units.length ? `, the first ${told.units.length} of ${count(told.all)} units` : ''));
  } catch (error) {
    say(find('units-note'), `not to be had now: ${error.message}`);
  }
}

async function askForToken() {
  const dialog = find('token');
  setState('wait', 'Waiting for the token');
  if (hasToken()) say(find('token-why'), 'The service does not take this token. It is what http.token-file holds.');
  dialog.showModal();
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  await new Promise((resolve) => dialog.addEventListener('close', resolve, {once: true}));
  keepToken(find('token-value').value.trim());
  find('token-value').value = '';
}

const THEMES = {auto: 'as the system has them', light: 'light', dark: 'dark'};

function theme(chosen) {
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  const button = find('theme');
  button.dataset.chosen = chosen;
  say(button, chosen.charAt(0).toUpperCase() + chosen.slice(1));
  button.setAttribute('aria-label', `Colours: ${THEMES[chosen]}`);
  curve.repaint();
  drawing.paint();
  unitsShown = '';
  units();
}

find('theme').addEventListener('click', () => {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(find('theme').dataset.chosen) + 1) % names.length];
  localStorage.setItem('streamgrad.theme', next);
  theme(next);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => theme(find('theme').dataset.chosen));
find('model').addEventListener('change', (event) => choose(event.target.value));
window.addEventListener('hashchange', () => look(fromAddress()));

theme(Object.hasOwn(THEMES, localStorage.getItem('streamgrad.theme') ?? '') ? localStorage.getItem('streamgrad.theme') : 'auto');
setInterval(units, UNITS_EVERY);
new IntersectionObserver(([{isIntersecting}]) => {
  unitsInSight = isIntersecting;
  units();
}).observe(find('units'));
stream.show(shown);
stream.run();
