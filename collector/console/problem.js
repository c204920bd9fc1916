// One problem: how often it came and when, what it has in common, and what a person may do about it.

import { get, post } from "/console/api.js";
import { asked, showCommands } from "/console/asking.js";
import { timeOfDay } from "/console/clock.js";
import { byId, el, replace } from "/console/dom.js";
import { at, runbook, showFacts, ticketOf } from "/console/facts.js";
import { framed, tried } from "/console/frame.js";
import { drawn } from "/console/occurrences.js";
import { refreshing } from "/console/refreshing.js";
import { showStory } from "/console/story.js";
import { plainCategory, priority, state } from "/console/words.js";

const SHOWN = 24; // of its incidents, the newest
const BREATH = 700; // milliseconds between two refreshes, however fast events come
const id = decodeURIComponent(location.pathname.split("/").pop());
const address = `/api/v1/problems/${encodeURIComponent(id)}`;
let problem = null;

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

const load = refreshing(async () => {
  const found = await tried(() => get(address));
  if (found) await show(found);
  else if (!problem) byId("title").textContent = "This problem cannot be shown";
}, BREATH);

async function show(found) {
  const first = problem === null;
  problem = found;
  document.title = `#${found.number} ${found.title} · Tillwatch`;
  byId("problem").setAttribute("aria-busy", "false");
  replace(byId("lead"), el("span", { class: "tag" }, `problem ${found.state}`), el("span", { class: "under" }, `#${found.number}`));
  byId("title").textContent = found.title;
  replace(byId("sub"), `${found.count} times · ${plainCategory(found.category)} · `, el("code", {}, found.subject));
  showCommands(byId("actions"), COMMANDS, found, ask);
  showFacts(byId("facts"), facts());
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

function facts() {
  return [
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
    ["Runbook", runbook(problem.runbook)],
    ["Ticket", ticketOf(problem)],
    ["Id", el("code", {}, problem.id)],
  ];
}

load();
