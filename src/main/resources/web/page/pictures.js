// Pixels and weights as small pictures.

import {channels, find, make} from './dom.js';
import {percent} from './format.js';

const SHOWN = 24;

/** Bytes of base64. */
export function bytes(base64) {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** Grey values, white on black as MNIST has them. */
export function paintGrey(canvas, pixels, width, height) {
  paint(canvas, width, height, (i) => [pixels[i], pixels[i], pixels[i], 255]);
}

/** Red, green and blue of each pixel. */
function paintColor(canvas, pixels, width, height) {
  paint(canvas, width, height, (i) => [...pixels.subarray(3 * i, 3 * i + 3), 255]);
}

function paint(canvas, width, height, rgba) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set(rgba(i), 4 * i);
  context.putImageData(image, 0, 0);
}

/** The images that a model misread last, newest first. */
export function showMisread(images) {
  const list = find('misread');
  const known = new Map([...list.children].map((item) => [item.dataset.number, item]));
  list.replaceChildren(...images.slice(0, SHOWN).map((image) => known.get(String(image.number)) ?? misread(image)));
  if (images.length === 0) list.append(make('li', {class: 'empty'}, 'None seen yet.'));
}

function misread(image) {
  const canvas = make('canvas', {role: 'img', 'aria-label': `A ${image.label} taken for a ${image.predicted}`});
  const pixels = bytes(image.pixels);
  const paintAll = pixels.length > image.width * image.height ? paintColor : paintGrey;
  paintAll(canvas, pixels, image.width, image.height);
  return make('li', {'data-number': image.number, title: `partition ${image.partition}, offset ${image.offset}, image ${image.image}`},
    canvas, make('b', {}, `${image.label} → ${image.predicted}`), make('br'), percent(image.confidence, 0));
}

/**
 * Weights of hidden units, each scaled by its own largest one: blue speaks for it, orange against. Of images in colour
 * each colour is drawn as itself: brighter than grey speaks for it, darker against.
 */
export function showUnits({units, width, height, channels: colours}) {
  const list = find('units');
  const [plus, minus] = [channels('--right'), channels('--wrong')];
  if (list.children.length !== units.length || list.querySelector('.empty')) {
    list.replaceChildren(...units.map((_, i) => make('li', {},
      make('canvas', {role: 'img', 'aria-label': `Weights of hidden unit ${i + 1}`}), String(i + 1))));
  }
  units.forEach((unit, i) => {
    const weights = new Int8Array(bytes(unit).buffer);
    if (colours > 1) {
      paintColor(list.children[i].querySelector('canvas'), Uint8Array.from(weights, (weight) => 128 + weight), width, height);
      return;
    }
    paint(list.children[i].querySelector('canvas'), width, height, (at) => {
      const [red, green, blue] = weights[at] < 0 ? minus : plus;
      return [red, green, blue, 2 * Math.abs(weights[at])];
    });
  });
}
