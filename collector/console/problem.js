// One problem: how often it came and when, what it has in common, and what a person may do about it.

import { get, post } from "/console/api.js";
import { asked } from "/console/asking.js";
import { inFull, timeOfDay } from "/console/clock.js";
import { byId, el, replace, safeAddress } from "/console/dom.js";
import { framed, tried } from "/console/frame.js";
import { drawn } from "/console/occurrences.js";
import { showStory } from "/console/story.js";
import { plainCategory, priority, state } from "/console/words.js";

const SHOWN = 24; // of its incidents, the newest
const id = decodeURIComponent(location.pathname.split("/").pop());
const address = `/api/v1/problems/${encodeURIComponent(id)}`;
let problem = null;
let loading = false;

framed({
  onEvent: (name, data) => {
    if (name === "snapshot" || (name === "incident" && (data.incident.problem === id || problem?.incidents.includes(data.incident.id)))) load();
  },
  shortcuts: [
    ["u", "Back to the problems", () => byId("back").click()],
    ["a", "Acknowledge", () => press("acknowledge")],
    ["n", "Write a note", () => press("notes")],
    ["r", "Resolve", () => press("resolve")],
  ],
});

async function load() {
  if (loading) return;
  loading = true;
  const found = await tried(() => get(address));
  if (found) await show(found);
  else if (!problem) byId("title").textContent = "This problem cannot be shown";
  loading = false;
}

async function show(found) {
  const first = problem === null;
  problem = found;
  document.title = `#${found.number} ${found.title} · Tillwatch`;
  byId("problem").setAttribute("aria-busy", "false");
  replace(byId("lead"), el("span", { class: "tag" }, `problem ${found.state}`), el("span", { class: "under" }, `#${found.number}`));
  byId("title").textContent = found.title;
  replace(byId("sub"), `${found.count} times · ${plainCategory(found.category)} · `, el("code", {}, found.subject));
  showActions();
  showFacts();
  replace(byId("cis"), found.cis.map((ref) => el("li", {}, el("code", {}, ref))));
  showStory(byId("story"), found);
  if (first) byId("title").focus({ preventScroll: true });
  await showIncidents();
}

const COMMANDS = [
  { name: "acknowledge", words: "Acknowledge", states: ["open"], when: (one) => !one.owner, field: "note", ask: "Note (may be empty)", optional: true },
  { name: "notes", words: "Note", states: ["open", "resolved"], field: "text", ask: "What should others know?" },
  { name: "resolve", words: "Resolve", states: ["open"], field: "note", ask: "Why will it not come again? (may be empty)", optional: true },
  { name: "reopen", words: "Reopen", states: ["resolved"], field: "reason", ask: "Why again?" },
];

function showActions() {
  const possible = COMMANDS.filter((command) => command.states.includes(problem.state) && (!command.when || command.when(problem)));
  replace(byId("actions"), possible.map((command, at) =>
    el("button", { type: "button", class: at === 0 && command.name !== "notes" ? "primary" : "", "data-command": command.name, onclick: () => ask(command) }, command.words)));
}

function ask(command) {
  asked(command, `${command.words} problem #${problem.number}`, async (body) => show(await post(`${address}/${command.name}`, body)));
}

function press(name) {
  byId("actions").querySelector(`[data-command=${name}]`)?.click();
}

// An incident that is forgotten by now has left only its count.
async function showIncidents() {
  const asking = problem.incidents.slice(-SHOWN).map((one) => get(`/api/v1/incidents/${encodeURIComponent(one)}`).catch(() => null));
  const incidents = (await Promise.all(asking)).filter(Boolean).sort((one, other) => Date.parse(other.started_at) - Date.parse(one.started_at));
  replace(byId("times"), drawn(problem, incidents));
  const rows = incidents.map((one) => el("li", {}, priority(one.priority), " ", state(one), " ",
    el("a", { href: `/incidents/${encodeURIComponent(one.id)}` }, one.title), el("span", { class: "under" }, ` ${timeOfDay(one.started_at)}`)));
  const rest = problem.count > incidents.length ? el("li", { class: "under" }, `${problem.count} times in all, of ${incidents.length} incidents that are still known`) : null;
  replace(byId("incidents"), rows, rest);
}

function showFacts() {
  const at = (instant) => instant && el("time", { datetime: instant, title: inFull(instant) }, timeOfDay(instant));
  const { ticket } = problem;
  const link = ticket && ticket.url && safeAddress(ticket.url);
  const rows = [
    ["First", at(problem.first_at)],
    ["Last", at(problem.last_at)],
    ["Opened", at(problem.opened_at)],
    ["Resolved", at(problem.resolved_at)],
    ["Tickets held until", problem.state === "open" && at(problem.hold_until)],
    ["Change before it", problem.change && el("code", {}, problem.change)],
    ["Change that ends it", problem.fix && el("code", {}, problem.fix)],
    ["Owner", problem.owner],
    ["Resolver group", problem.resolver_group],
    ["Note", problem.note],
    ["Runbook", problem.runbook && (/^https?:/.test(problem.runbook) && safeAddress(problem.runbook) ? el("a", { href: safeAddress(problem.runbook), rel: "noopener noreferrer" }, problem.runbook) : problem.runbook)],
    ["Ticket", ticket && (link ? el("a", { href: link, rel: "noopener noreferrer" }, `${ticket.system} ${ticket.id}`) : `${ticket.system} ${ticket.id}`)],
    ["Id", el("code", {}, problem.id)],
  ];
  replace(byId("facts"), rows.filter(([, value]) => value).map(([word, value]) => el("div", {}, el("dt", {}, word), el("dd", {}, value))));
}

load();
