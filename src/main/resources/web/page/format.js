// Numbers and times as people read them.

const whole = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

export function count(value) {
  return whole.format(value ?? 0);
}

/** 12,345 -> 12.3k, where there is little room. */
export function short(value) {
  if (value >= 1e9) return trim(value / 1e9) + 'B';
  if (value >= 1e6) return trim(value / 1e6) + 'M';
  if (value >= 1e4) return trim(value / 1e3) + 'k';
  return whole.format(value);
}

function trim(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
}

export function percent(share, digits = 1) {
  return Number.isFinite(share) ? (100 * share).toFixed(digits) + ' %' : '–';
}

export function seconds(value) {
  if (!Number.isFinite(value)) return '–';
  if (value < 1e-3) return Math.round(value * 1e6) + ' µs';
  if (value < 0.9995) return (value * 1e3).toPrecision(value < 0.1 ? 2 : 3) + ' ms';
  return value.toPrecision(3) + ' s';
}

/** How long ago a moment is, in words. */
export function ago(time, now) {
  const past = Math.max(0, (now - time) / 1000);
  if (past < 2) return 'just now';
  if (past < 120) return Math.round(past) + ' s ago';
  if (past < 7200) return Math.round(past / 60) + ' min ago';
  if (past < 172800) return Math.round(past / 3600) + ' h ago';
  return Math.round(past / 86400) + ' days ago';
}

/** One in how many, as people say it. */
export function inTen(share) {
  return Math.round(10 * share) + ' in 10';
}
