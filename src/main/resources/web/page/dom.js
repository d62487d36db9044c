// Elements by name, with text as text: nothing here reads markup.

export function find(id) {
  return document.getElementById(id);
}

/** An element; children are elements or text, attributes that begin with "on" are listeners. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children);
  return element;
}

/** Changes a text only where it is another: a screen reader is told once. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Names and values of a dl; the same elements as long as the names are the same. */
export function pairs(list, entries) {
  const names = entries.map(([name]) => name).join('\n');
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(...entries.flatMap(([name]) => [make('dt', {}, name), make('dd')]));
  }
  const values = list.querySelectorAll('dd');
  entries.forEach(([, value], i) => say(values[i], value));
}

/** Two or more buttons of which one is pressed; calls back with its data. */
export function choice(group, key, chosen) {
  const buttons = [...group.querySelectorAll('button')];
  for (const button of buttons) {
    button.addEventListener('click', () => {
      for (const each of buttons) each.setAttribute('aria-pressed', String(each === button));
      chosen(button.dataset[key]);
    });
  }
}

/** A colour of the style sheet, as a canvas needs it. */
export function colour(name) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return /^[\d. ]+$/.test(value) ? `rgb(${value})` : value;
}

/** Red, green and blue of a colour that the style sheet has as three numbers. */
export function channels(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim().split(/\s+/).map(Number);
}
