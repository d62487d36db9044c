// Which class is taken for which: a table whose cells are coloured, and so it reads without colours.

import {choice, find, make, say} from './dom.js';
import {count, percent} from './format.js';

export class Confusion {
  #which = 'window';
  #report = null;
  #cells = [];
  #recalls = [];
  #classes = 0;

  constructor() {
    choice(document.querySelector('.confusion .switch'), 'score', (which) => {
      this.#which = which;
      this.#draw();
    });
  }

  show(report) {
    this.#report = report;
    this.#draw();
  }

  #draw() {
    const score = this.#report?.[this.#which];
    if (!score || score.images === 0) return;
    if (!score.confusion) {
      find('confusion').replaceChildren(make('p', {class: 'empty'}, `${score.classes} classes are more than a table can show.`));
      this.#classes = 0;
      return;
    }
    if (score.classes !== this.#classes) this.#build(score.classes);
    const n = score.classes;
    for (let label = 0; label < n; label++) {
      const row = score.confusion.slice(label * n, (label + 1) * n);
      const all = row.reduce((sum, images) => sum + images, 0);
      row.forEach((images, predicted) => this.#cell(this.#cells[label * n + predicted], images, all, label === predicted));
      say(this.#recalls[label], all === 0 ? '–' : percent(score.recall[label]));
    }
  }

  #cell(cell, images, all, right) {
    const share = all === 0 ? 0 : images / all;
    // A few in a hundred misread is what one wants to see. Half the colour at most: text stands on it.
    const strength = 0.5 * (right ? share * share : Math.min(1, 6 * share));
    say(cell, count(images));
    cell.classList.toggle('zero', images === 0);
    cell.style.setProperty('--strength', strength.toFixed(3));
  }

  #build(classes) {
    this.#classes = classes;
    this.#cells = [];
    this.#recalls = [];
    const numbers = Array.from({length: classes}, (_, i) => i);
    const rows = numbers.map((label) => make('tr', {},
      make('th', {scope: 'row', class: 'truth'}, String(label)),
      ...numbers.map((predicted) => {
        const cell = make('td', {});
        cell.style.setProperty('--tone', `var(--${label === predicted ? 'right' : 'wrong'})`);
        this.#cells.push(cell);
        return cell;
      }),
      this.#recall()));
    find('confusion').replaceChildren(make('table', {class: 'matrix'},
      make('caption', {class: 'unseen'}, 'Images by their class, in rows, and the class predicted, in columns'),
      make('thead', {}, make('tr', {}, make('th', {class: 'truth', scope: 'col'}, make('span', {class: 'unseen'}, 'Class')),
        ...numbers.map((each) => make('th', {scope: 'col'}, String(each))),
        make('th', {scope: 'col', class: 'recall'}, 'recall'))),
      make('tbody', {}, ...rows)));
  }

  #recall() {
    const cell = make('td', {class: 'recall'});
    this.#recalls.push(cell);
    return cell;
  }
}
