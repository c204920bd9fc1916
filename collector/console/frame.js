// What all pages have around them: the bar, theme, the state of the line, signing in, keyboard shortcuts and their list.

import { forgetToken, get, keepToken, Problem, token } from "/console/api.js";
import { heardAt, span } from "/console/clock.js";
import { byId, el, replace } from "/console/dom.js";
import { follow } from "/console/live.js";

const ARROWS = { ArrowDown: "↓", ArrowUp: "↑" };
const STALE_MESSAGES = 60; // seconds without any agent heard before we say so

let lastHeard = null; // this machine's clock, when the collector last said anything
let lostWhy = null;
let silence = null; // seconds since an agent was heard, as the last heartbeat said

export function framed({ onEvent, shortcuts }) {
  bar();
  theme();
  keyboard(shortcuts);
  byId("sign-out").hidden = token() === null;
  byId("sign-out").addEventListener("click", () => {
    forgetToken();
    location.reload();
  });
  setInterval(showLine, 1000);
  follow({
    onEvent: (name, data) => {
      if (name === "heartbeat") silence = data.last_message_age;
      else if (name === "incident") silence = 0;
      onEvent(name, data);
    },
    onLink: (state, problem) => {
      if (state === "live") {
        lastHeard = Date.now();
        lostWhy = null;
      } else {
        lostWhy = problem ?? new Error("no answer");
        if (problem instanceof Problem && problem.status === 401) signIn(problem);
      }
      showLine();
    },
  });
}

// Runs a request; a missing or refused token asks for one, anything else is shown to the person.
export async function tried(work) {
  try {
    const document = await work();
    if (document?.at) heardAt(document.at);
    return document;
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 401) signIn(problem);
    else said(problem.message, true);
    return null;
  }
}

let saidTimer = null;
export function said(text, wrong = false) {
  byId("said")?.remove();
  clearTimeout(saidTimer);
  document.body.append(el("div", { id: "said", class: wrong ? "said wrong" : "said", role: "status" }, text));
  saidTimer = setTimeout(() => byId("said")?.remove(), wrong ? 10_000 : 4_000);
}

// What every page has at its top, on the right of what is its own.
function bar() {
  const own = document.querySelector("header.bar");
  const button = (id, words, glyph, more = {}) => el("button", { type: "button", class: "quiet", id, "aria-label": words, ...more }, el("span", { "aria-hidden": "true", class: "glyph" }, glyph));
  const line = el("span", { class: "link", id: "link", role: "status" }, el("span", { class: "dot", "aria-hidden": "true" }), el("span", { id: "link-text" }, "Connecting…"));
  replace(own, [...own.querySelectorAll(":scope > :not(button)")], el("div", { class: "spring" }), line, [...own.querySelectorAll(":scope > button")],
    button("theme", "Switch between dark and light", "◐"), button("keys", "Keyboard shortcuts", "?", { "aria-keyshortcuts": "?" }),
    el("button", { type: "button", class: "quiet", id: "sign-out", hidden: true }, "Sign out"));
  own.after(el("div", { class: "banner", id: "banner", role: "status", hidden: true }));
}

function showLine() {
  const link = byId("link");
  const quietFor = lastHeard === null ? null : Date.now() - lastHeard;
  link.className = `link ${lostWhy ? "lost" : lastHeard === null ? "" : "live"}`;
  const text = lostWhy ? "Disconnected" : lastHeard === null ? "Connecting…" : `Live · ${Math.round(quietFor / 1000)} s`;
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
  const banner = byId("banner");
  let words = "";
  if (lostWhy) {
    const age = quietFor === null ? "Nothing was received yet" : `What you see is ${span(quietFor)} old`;
    words = `Disconnected from the collector. ${age}. Trying again… (${lostWhy.message})`;
  } else if (silence !== null && silence > STALE_MESSAGES) {
    words = `The collector hears no store: the last message came ${span(silence * 1000)} ago. Incidents may be missing.`;
  }
  banner.hidden = words === "";
  document.body.classList.toggle("stale", Boolean(lostWhy));
  if (banner.textContent !== words) banner.textContent = words;
}

function theme() {
  const kept = localStorage.getItem("tillwatch-theme");
  if (kept) document.documentElement.dataset.theme = kept;
  byId("theme").addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("tillwatch-theme", document.documentElement.dataset.theme);
  });
}

// `shortcuts`: [keys, words, action]; keys typed into a field are the field's.
function keyboard(shortcuts) {
  const all = [...shortcuts, ["?", "Show these shortcuts", showKeys]];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const found = all.find(([keys]) => keys.split(" ").includes(event.key));
    if (found) {
      event.preventDefault();
      found[2](event);
    }
  });
  byId("keys").addEventListener("click", showKeys);

  function showKeys() {
    const rows = all.map(([keys, words]) => el("div", {}, el("dt", {}, keys.split(" ").map((key) => el("kbd", {}, ARROWS[key] ?? key))), el("dd", {}, words)));
    dialog("Keyboard", [el("dl", { class: "keys" }, rows)], [["Close", null]]);
  }
}

function signIn(problem) {
  if (document.querySelector("dialog[open]")) return;
  const field = el("input", { type: "password", name: "token", required: true, autocomplete: "current-password", placeholder: "tw_…", "aria-label": "Token" });
  const why = el("p", { class: "wrong-text" }, token() ? problem.message : "");
  dialog(
    "Sign in",
    [el("p", {}, "Your token; it is kept in this tab until you close it or sign out."), field, why],
    [["Sign in", async () => {
      keepToken(field.value.trim());
      try {
        await get("/api/v1/overview");
        location.reload();
      } catch (refused) {
        forgetToken();
        why.textContent = refused.message;
        return false;
      }
      return true;
    }]],
  );
  document.querySelector("dialog .quiet")?.remove(); // without a token there is nothing to go back to
}

// Asks with a form; `actions` are [words, work]; `work` may return false to keep the dialog open.
export function dialog(title, content, actions) {
  const box = el("dialog", { "aria-label": title });
  const form = el("form", { method: "dialog" }, el("h2", {}, title), content);
  const buttons = actions.map(([words], at) => el("button", { type: "submit", value: String(at), class: at === 0 ? "primary" : "quiet" }, words));
  const cancel = actions[0][1] ? el("button", { type: "button", class: "quiet", onclick: () => box.close() }, "Cancel") : null;
  form.append(el("div", { class: "dialog-actions" }, buttons, cancel));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const work = actions[Number(event.submitter?.value ?? 0)][1];
    buttons.forEach((button) => (button.disabled = true));
    const stay = work ? (await work()) === false : false;
    buttons.forEach((button) => (button.disabled = false));
    if (!stay) box.close();
  });
  box.addEventListener("close", () => box.remove());
  replace(box, form);
  document.body.append(box);
  box.showModal();
}
