// What the service tells an open page, as it comes. A stream ends every few seconds and is asked for
// again; a tab that nobody sees asks for nothing.

import {ask, Unauthorized} from './api.js';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5000;

export class Stream {
  #listener;
  #models = [];
  #asked = null;
  #wait = FIRST_WAIT;

  /** The listener has: event(name, data), lost(why), unauthorized(), which returns a promise. */
  constructor(listener) {
    this.#listener = listener;
    document.addEventListener('visibilitychange', () => this.#again());
  }

  /** Asks for these models from now on; for the latest one where there is none. */
  show(models) {
    this.#models = models;
    this.#again();
  }

  /** Asks for these models the next time; those that are told of now are the same. */
  next(models) {
    this.#models = models;
  }

  #again() {
    this.#asked?.abort();
  }

  async run() {
    for (;;) {
      if (document.hidden) await event(document, 'visibilitychange');
      else await this.#read();
    }
  }

  async #read() {
    this.#asked = new AbortController();
    const {signal} = this.#asked;
    try {
      const query = new URLSearchParams(this.#models.map((model) => ['model', model]));
      const response = await ask(`api/events?${query}`, {signal});
      for await (const [name, data] of events(response.body)) {
        this.#wait = FIRST_WAIT;
        this.#listener.event(name, data);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Unauthorized) {
        await this.#listener.unauthorized();
        return;
      }
      this.#listener.lost(error);
      await new Promise((resolve) => setTimeout(resolve, this.#wait));
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    }
  }
}

function event(target, name) {
  return new Promise((resolve) => target.addEventListener(name, resolve, {once: true}));
}

/** The events of a body, each with a name and a JSON value. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [name, data] = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      yield [name.slice('event: '.length), JSON.parse(data.slice('data: '.length))];
    }
  }
}
