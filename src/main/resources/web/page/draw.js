// Drawing a digit, and what the model makes of it while one draws.

import {ask} from './api.js';
import {asMnist} from './digit.js';
import {colour, find, make, say} from './dom.js';
import {count, percent} from './format.js';
import {paintGrey} from './pictures.js';

const SIDE = 280;
const PEN = 20;
const STEP = 10; // of an arrow key
const MNIST_INPUTS = 28 * 28;

export class Drawing {
  #canvas = find('canvas');
  #strokes = [];
  #pointer = null; // the one that draws
  #cursor = null; // where the keyboard's pen is
  #penDown = false;
  #model = null;
  #input = null; // of the model, by its metadata
  #why = ''; // it can't be drawn for
  #due = false;
  #asking = false;
  #stale = false;

  constructor() {
    const canvas = this.#canvas;
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, (event) => { if (event.pointerId === this.#pointer) this.#pointer = null; });
    }
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('focus', () => { if (canvas.matches(':focus-visible')) this.#cursor ??= [SIDE / 2, SIDE / 2]; this.paint(); });
    canvas.addEventListener('blur', () => { this.#cursor = null; this.#penDown = false; this.paint(); });
    find('clear').addEventListener('click', () => this.#clear());
    this.#clear();
  }

  /** Asks this model from now on. */
  async use(model) {
    if (model === this.#model) return;
    this.#model = model;
    this.#input = null;
    try {
      const metadata = await (await ask(`v2/models/${encodeURIComponent(model)}`)).json();
      if (model !== this.#model) return;
      const [input] = metadata.inputs;
      const inputs = input.shape.filter((size) => size > 0).reduce((product, size) => product * size, 1);
      this.#input = inputs === MNIST_INPUTS ? input : null;
      this.#why = this.#input ? '' : `${model} reads images of ${count(inputs)} pixels; a drawing has ${MNIST_INPUTS}.`;
    } catch (error) {
      if (model !== this.#model) return;
      this.#model = null; // to be asked again
      this.#why = `${model} can't be asked now: ${error.message}`;
    }
    this.#changed();
  }

  /** No model can be asked; says why. */
  refuse(why) {
    if (this.#why === why) return;
    this.#model = null;
    this.#input = null;
    this.#why = why;
    this.#changed();
  }

  #down(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#canvas.focus({preventScroll: true});
    this.#cursor = null;
    this.#pointer = event.pointerId;
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // The pointer is gone already; the stroke is a dot.
    }
    this.#strokes.push([this.#at(event)]);
    this.#changed();
  }

  #move(event) {
    if (event.pointerId !== this.#pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length > 0 ? all : [event]) this.#strokes.at(-1).push(this.#at(each));
    this.#changed();
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
  }

  #key(event) {
    const moves = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]};
    if (moves[event.key]) {
      const within = (value) => Math.min(SIDE - STEP, Math.max(STEP, value));
      const [x, y] = this.#cursor ?? [SIDE / 2, SIDE / 2];
      this.#cursor = [within(x + moves[event.key][0]), within(y + moves[event.key][1])];
      if (this.#penDown) this.#strokes.at(-1).push(this.#cursor);
    } else if (event.key === ' ') {
      this.#cursor ??= [SIDE / 2, SIDE / 2];
      this.#penDown = !this.#penDown;
      if (this.#penDown) this.#strokes.push([this.#cursor]);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.#clear();
    } else {
      return;
    }
    event.preventDefault();
    this.#changed();
  }

  #clear() {
    this.#strokes = [];
    this.#penDown = false;
    this.#changed();
  }

  /** Shows and asks once a frame, however many points a pen gives. */
  #changed() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#show();
    });
  }

  #show() {
    this.paint();
    const pixels = asMnist(this.#strokes);
    paintGrey(find('seen'), pixels ?? new Uint8Array(MNIST_INPUTS), 28, 28);
    this.#ask(pixels);
  }

  paint() {
    const context = this.#canvas.getContext('2d');
    context.clearRect(0, 0, SIDE, SIDE);
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    context.strokeStyle = colour('--ink');
    for (const stroke of this.#strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const point of stroke) context.lineTo(...point);
      context.stroke();
    }
    if (this.#cursor) {
      context.beginPath();
      context.arc(...this.#cursor, PEN / 2 + 2, 0, 2 * Math.PI);
      context.lineWidth = this.#penDown ? 5 : 2;
      context.strokeStyle = colour('--s1');
      context.stroke();
    }
  }

  /** One question at a time: what is drawn meanwhile is asked next. */
  async #ask(pixels) {
    find('bars').setAttribute('aria-busy', String(Boolean(pixels && this.#input)));
    if (!pixels || !this.#input) {
      this.#answer(null, this.#why || 'Draw with mouse, pen or finger.');
      return;
    }
    if (this.#asking) {
      this.#stale = true;
      return;
    }
    this.#asking = true;
    const model = this.#model;
    try {
      const shape = this.#input.shape.map((size) => (size < 0 ? 1 : size));
      const response = await ask(`v2/models/${encodeURIComponent(model)}/infer`, {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({inputs: [{name: this.#input.name, shape, datatype: 'UINT8', data: [...pixels]}]}),
      });
      this.#answered(await response.json());
    } catch (error) {
      this.#answer(null, `No answer: ${error.message}`);
    } finally {
      this.#asking = false;
      if (this.#stale) {
        this.#stale = false;
        this.#ask(asMnist(this.#strokes));
      } else {
        find('bars').setAttribute('aria-busy', 'false');
      }
    }
  }

  #answered({model_version: version, parameters = {}, outputs}) {
    if (this.#strokes.length === 0) return;
    const {data} = outputs.find((output) => output.name === 'probabilities');
    const offset = parameters.input_offset;
    const best = data.indexOf(Math.max(...data));
    this.#answer(data, `${this.#model} reads a ${best}, with ${percent(data[best], 0)}. `
      + `Committed weights, version ${count(Number(parameters.version ?? version))}`
      + (offset === undefined ? '.' : `, with all up to offset ${count(Number(offset))}.`));
  }

  #answer(probabilities, words) {
    say(find('draw-answer'), words);
    const list = find('bars');
    const classes = probabilities?.length ?? (list.children.length || 10);
    if (list.children.length !== classes) {
      list.replaceChildren(...Array.from({length: classes}, (_, i) => make('li', {},
        make('span', {}, String(i)), make('span', {class: 'track'}, make('span', {class: 'fill'})), make('span', {}, ''))));
    }
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    [...list.children].forEach((row, i) => {
      const share = probabilities?.[i] ?? 0;
      row.classList.toggle('top', i === best);
      row.querySelector('.fill').style.transform = `scaleX(${share})`;
      say(row.lastElementChild, probabilities ? percent(share, share < 0.1 ? 1 : 0) : '');
    });
    say(find('answer'), best < 0 ? '?' : String(best));
  }
}
