// What is known of a model, put together from what was told.

export class History {
  name = '';
  points = []; // [images seen, time, accuracy, loss, images]
  marks = [];
  report = null;

  /** Takes what is new; points before "from" are as they were. */
  add(told) {
    this.name = told.name;
    this.points.length = Math.min(this.points.length, told.from);
    this.points.push(...told.points);
    this.marks = told.marks;
    this.report = told;
  }

  /** Where the curve is, as it is drawn: each x is beyond the one before. */
  xs(axis) {
    let last = -Infinity;
    return this.points.map(([images, time]) => {
      const x = axis === 'time' ? time / 1000 : images;
      last = x > last ? x : last + 1e-3;
      return last;
    });
  }

  column(index) {
    return this.points.map((point) => point[index]);
  }
}
