// Asks the service, with the token where it wants one. The token stays in this tab.

const KEY = 'streamgrad.token';

export class Unauthorized extends Error {}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/** A response that is well; or throws what the service says. */
export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = {...options.headers};
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(path, {...options, headers, cache: 'no-store'});
  if (response.status === 401) throw new Unauthorized();
  if (!response.ok) throw new Error(await reason(response));
  return response;
}

async function reason(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).error;
  } catch {
    return text.trim() || `status ${response.status}`;
  }
}
