// Requests to the collector. With a users file there is a token: kept for this tab, sent as a header, never a cookie.

const KEY = "tillwatch-token";

export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `HTTP ${status}`);
    this.status = status;
    this.title = document.title || `HTTP ${status}`;
  }
}

export const token = () => sessionStorage.getItem(KEY);
export const keepToken = (text) => sessionStorage.setItem(KEY, text);
export const forgetToken = () => sessionStorage.removeItem(KEY);

export function headers(more = {}) {
  return token() ? { Authorization: `Bearer ${token()}`, ...more } : more;
}

export const get = (path, signal) => asked(path, { headers: headers(), signal });

export function post(path, body) {
  const more = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  return asked(path, { method: "POST", headers: headers(more), body: JSON.stringify(body) });
}

async function asked(path, options) {
  const answer = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, document);
  return document;
}
