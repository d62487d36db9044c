// A drawing as MNIST would have it: its longest side scaled to 20 pixels, drawn with a pen of one
// width whatever its size was, and its centre of mass in the centre of 28 by 28 pixels.

const SIDE = 28;
const BOX = 20;
const CENTRE = 14; // where MNIST's images have theirs
const PEN = 2.4; // pixels, as wide as MNIST's strokes are on average
const FINE = 6; // steps for each pixel, averaged
const SMALLEST = 1e-6;

/** Grey values of strokes, which are arrays of [x, y]; null where there are none. */
export function asMnist(strokes) {
  const points = strokes.flat();
  if (points.length === 0) return null;
  const left = Math.min(...points.map(([x]) => x));
  const top = Math.min(...points.map(([, y]) => y));
  const wide = Math.max(...points.map(([x]) => x)) - left;
  const high = Math.max(...points.map(([, y]) => y)) - top;
  const scale = (BOX - PEN) / Math.max(wide, high, SMALLEST);
  const fit = Math.max(wide, high) < SMALLEST ? 0 : scale;
  const placed = strokes.map((stroke) => stroke.map(([x, y]) => [
    CENTRE + (x - left - wide / 2) * fit, CENTRE + (y - top - high / 2) * fit]));
  const [x, y] = centreOfMass(rendered(placed));
  const [right, down] = [Math.round(CENTRE - x), Math.round(CENTRE - y)];
  return rendered(placed.map((stroke) => stroke.map(([px, py]) => [px + right, py + down])));
}

const context = new OffscreenCanvas(SIDE * FINE, SIDE * FINE).getContext('2d', {willReadFrequently: true});

function rendered(strokes) {
  context.setTransform(FINE, 0, 0, FINE, 0, 0);
  context.clearRect(0, 0, SIDE, SIDE);
  context.lineWidth = PEN;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    for (const point of stroke) context.lineTo(...point);
    context.stroke();
  }
  return averaged(context.getImageData(0, 0, SIDE * FINE, SIDE * FINE).data);
}

function averaged(rgba) {
  const pixels = new Uint8Array(SIDE * SIDE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      let sum = 0;
      for (let y = row * FINE; y < (row + 1) * FINE; y++) {
        for (let x = column * FINE; x < (column + 1) * FINE; x++) {
          sum += rgba[4 * (y * SIDE * FINE + x) + 3];
        }
      }
      pixels[row * SIDE + column] = Math.round(sum / (FINE * FINE));
    }
  }
  return pixels;
}

function centreOfMass(pixels) {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((grey, i) => {
    mass += grey;
    x += grey * (i % SIDE);
    y += grey * Math.floor(i / SIDE);
  });
  return [x / mass, y / mass];
}
