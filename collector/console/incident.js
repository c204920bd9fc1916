// One incident: why, how far it reaches, its clocks and its story; and what a person may do about it.

import { get, post } from "/console/api.js";
import { asked, showCommands } from "/console/asking.js";
import { countdown, now, span, timeOfDay } from "/console/clock.js";
import { byId, el, replace } from "/console/dom.js";
import { at, runbook, showFacts, ticketOf } from "/console/facts.js";
import { dialog, framed, tried } from "/console/frame.js";
import { drawn } from "/console/radius.js";
import { refreshing } from "/console/refreshing.js";
import { phases, showStory } from "/console/story.js";
import { plainCategory, priority, standing, state } from "/console/words.js";

const BREATH = 200; // milliseconds between two refreshes, however fast events come
const id = decodeURIComponent(location.pathname.split("/").pop());
const address = `/api/v1/incidents/${encodeURIComponent(id)}`;
let incident = null;

framed({
  onEvent: (name, data) => {
    if (name === "snapshot" || (name === "incident" && [id, incident?.parent].includes(data.incident.id)) || (name === "incident" && data.incident.parent === id)) load();
  },
  shortcuts: [
    ["u", "Back to the incidents", () => byId("back").click()],
    ["a", "Acknowledge", () => press("acknowledge")],
    ["n", "Write a note", () => press("notes")],
    ["s", "Assign", () => press("assign")],
    ["r", "Resolve", () => press("resolve")],
  ],
});
if (document.referrer.startsWith(`${location.origin}/?`)) byId("back").href = document.referrer;

const load = refreshing(async () => {
  const found = await tried(() => get(address));
  if (found) show(found);
  else if (!incident) byId("title").textContent = "This incident cannot be shown";
}, BREATH);

function show(found) {
  const first = incident === null;
  const radiusStale = first || found.ci !== incident.ci || found.state !== incident.state || found.restored_at !== incident.restored_at || found.symptoms.length !== incident.symptoms.length;
  incident = found;
  document.title = `${found.priority} ${found.title} · Tillwatch`;
  byId("incident").setAttribute("aria-busy", "false");
  byId("incident").className = found.priority.toLowerCase();
  replace(byId("lead"), priority(found.priority), state(found), el("span", { class: "under" }, `#${found.number}`),
    found.major ? el("span", { class: "tag major" }, found.major === "declared" ? "major incident" : `major incident ${found.major}`) : null,
    found.flags.map((flag) => el("span", { class: "tag" }, flag.replaceAll("_", " "))));
  byId("title").textContent = found.title;
  replace(byId("sub"), `${plainCategory(found.category)} · `, el("code", {}, found.ci), found.service ? ` · ${found.service.replaceAll("_", " ")}` : "",
    found.suppressed ? el("span", { class: "held" }, `Held back: ${found.suppressed.reason}${found.suppressed.until ? ` until ${timeOfDay(found.suppressed.until)}` : ""}`) : null);
  showActions();
  replace(byId("why"), found.reasons.length ? el("ol", { class: "reasons" }, found.reasons.map(reason)) : el("p", { class: "under" }, "No reason was recorded."));
  showLost();
  showFacts(byId("facts"), facts());
  showParts();
  showEvidence();
  showStory(byId("story"), found);
  tick();
  if (radiusStale) showRadius();
  if (first) byId("title").focus({ preventScroll: true });
}

const reason = ({ rule, text }) => el("li", {}, el("span", { class: "rule" }, `rule ${rule}`), el("span", {}, text));

const COMMANDS = [
  { name: "acknowledge", words: "Acknowledge", states: ["open"], field: "note", ask: "Note (may be empty)", optional: true },
  { name: "notes", words: "Note", states: ["open", "acknowledged", "resolved"], field: "text", ask: "What should others know?" },
  { name: "assign", words: "Assign", states: ["open", "acknowledged"], field: "assignee", ask: "To whom?", short: true },
  { name: "pause", words: "Pause", states: ["open", "acknowledged"], when: (one) => !one.sla.paused && !one.sla.owner && one.sla.resolve_by, field: "reason", ask: "Why? vendor, store access or planned visit", short: true,
    more: [["reference", "The vendor's reference (may be empty)", String], ["minutes", "For how many minutes?", Number]] },
  { name: "resume", words: "Resume", states: ["open", "acknowledged"], when: (one) => one.sla.paused, field: "note", ask: "Why does the clock go on? (may be empty)", optional: true },
  { name: "resolve", words: "Resolve", states: ["open", "acknowledged"], field: "note", ask: "What was done? (may be empty)", optional: true },
  { name: "major", words: "Declare major", states: ["open", "acknowledged"], when: (found) => found.major === "proposed" || found.major === "declined", field: "note", ask: "Why? (may be empty)", optional: true, with: { decision: "declare" } },
  { name: "major", words: "Not major", states: ["open", "acknowledged"], when: (found) => found.major === "proposed" || found.major === "declared", field: "note", ask: "Why not? (may be empty)", optional: true, with: { decision: "decline" } },
  { name: "reopen", words: "Reopen", states: ["resolved"], field: "reason", ask: "Why again?" },
  { name: "false-positive", words: "False positive", states: ["open", "acknowledged", "resolved"], field: "note", ask: "What was it instead? (may be empty)", optional: true },
  { name: "merge", words: "Merge", states: ["open", "acknowledged"], field: "incident", ask: "Which is the same? Its id, from its address", short: true },
  { name: "split", words: "Split", states: ["open", "acknowledged"], field: "part", ask: "What is not of it? 0042/pos-01, or a store", short: true },
  { name: "rebind", words: "Rebind", states: ["open", "acknowledged"], field: "ci", ask: "What is it about? 0042/pos-01", short: true },
];

function showActions() {
  const evidence = el("button", { type: "button", "data-command": "evidence", onclick: showPack }, "Evidence");
  showCommands(byId("actions"), COMMANDS, incident, ask, evidence);
}

// What a vendor needs to believe it, to be copied into a mail.
async function showPack() {
  const pack = await tried(() => get(`${address}/evidence`));
  if (!pack) return;
  const text = el("textarea", { class: "pack", readonly: true, "aria-label": "Evidence", rows: 24 });
  text.value = pack.text;
  dialog(`Evidence for #${incident.number}`, text, [["Close", null]]);
  text.select();
}

function press(name) {
  byId("actions").querySelector(`[data-command=${name}]`)?.click();
}

function ask(command) {
  asked(command, `${command.words} #${incident.number}`, async (body) => show((await post(`${address}/${command.name}`, body)).incident));
}

function showLost() {
  const { lanes_down: down, lanes_total: total, cis, unit } = incident.affected;
  const lanes = total && total <= 60
    ? el("div", { class: "lanes", role: "img", "aria-label": `${down} of ${total} ${unit} down` }, Array.from({ length: total }, (_, at) => el("span", { class: at < down ? "lane down" : "lane" }, at < down ? "✕" : "")))
    : null;
  const words = total ? el("p", { class: "big" }, el("b", {}, `${down} of ${total}`), ` ${unit} down`) : null;
  const stores = incident.stores.length ? `${incident.stores.length} store${incident.stores.length > 1 ? "s" : ""}: ${listed(incident.stores, 8)}` : "no store named";
  replace(byId("lost"), words, lanes, el("p", { class: "under" }, stores), cis.length ? el("p", { class: "under" }, "Hit: ", el("code", {}, listed(cis, 8))) : null);
}

const listed = (words, most) => words.slice(0, most).join(", ") + (words.length > most ? ` and ${words.length - most} more` : "");

function facts() {
  return [
    ["Started at the store", at(incident.started_at)],
    ["Learnt", at(incident.learnt_at)],
    ["Detection took", span(Date.parse(incident.learnt_at) - Date.parse(incident.started_at))],
    ["Opened", at(incident.opened_at)],
    ["Acknowledged", incident.acknowledged_at && el("span", {}, at(incident.acknowledged_at), incident.acknowledged_by ? ` by ${incident.acknowledged_by}` : "")],
    ["Restored", at(incident.restored_at)],
    ["Resolved", at(incident.resolved_at)],
    ["Closed", at(incident.closed_at)],
    ["Reopened", incident.reopened ? `${incident.reopened} time${incident.reopened > 1 ? "s" : ""}` : null],
    ["Worst priority", incident.worst_priority === incident.priority ? null : incident.worst_priority],
    ["Impact × urgency", `${incident.impact} × ${incident.urgency}`],
    ["Pinned", incident.pin && el("span", {}, `${incident.pin.priority} by ${incident.pin.by} until `, at(incident.pin.until), `: ${incident.pin.reason}`)],
    ["Resolver group", incident.resolver_group],
    ["Assignee", incident.assignee],
    ["Vendor", incident.vendor],
    ["Runbook", runbook(incident.runbook)],
    ["Ticket", ticketOf(incident)],
    ["Problem", incident.problem && el("a", { href: `/problems/${encodeURIComponent(incident.problem)}` }, incident.problem)],
    ["Changes before it", incident.changes.join(", ")],
    ["Explained by", incident.parent && el("a", { href: `/incidents/${encodeURIComponent(incident.parent)}` }, incident.parent)],
    ["Id", el("code", {}, incident.id)],
  ];
}

const PARTS_SHOWN = 12;

function showParts() {
  const { parts, symptoms } = incident;
  byId("parts-card").hidden = parts.length + symptoms.length === 0;
  const rows = parts.slice(0, PARTS_SHOWN).map((part) =>
    el("li", {}, priority(part.priority), " ", el("a", { href: `/incidents/${encodeURIComponent(part.id)}` }, part.title)));
  const rest = parts.length > PARTS_SHOWN ? el("li", { class: "under" }, `and ${parts.length - PARTS_SHOWN} more`) : null;
  const failing = symptoms.length ? el("li", { class: "under" }, "Failing because of it: ", el("code", {}, listed(symptoms, 24))) : null;
  replace(byId("parts"), rows, rest, failing);
}

// What is known of the CI right now, beside the reasons as they stood when each was given.
async function showEvidence() {
  const known = await get(`/api/v1/why?subject=${encodeURIComponent(incident.ci)}`).catch(() => null);
  if (!known) return;
  const path = known.path.length > 1 ? el("p", { class: "path" }, known.path.map((ref, at) => [at ? el("span", { "aria-hidden": "true" }, " → ") : null, el("code", {}, ref)]).flat()) : null;
  const row = (check) => el("tr", { class: check.fresh ? "" : "old" },
    el("td", {}, el("code", {}, check.check)), el("td", { class: `is-${check.state}` }, check.state),
    el("td", {}, `${span(now() - Date.parse(check.since))}${check.fresh ? "" : ", agent silent"}`), el("td", {}, check.text));
  const checks = known.checks.length
    ? el("table", { class: "checks" }, el("thead", {}, el("tr", {}, ["Check", "State", "For", "It says"].map((word) => el("th", { scope: "col" }, word)))), el("tbody", {}, known.checks.map(row)))
    : null;
  replace(byId("evidence"), el("p", { class: "sentence" }, el("span", { class: "under" }, "Now: "), known.sentence), path, checks);
}

async function showRadius() {
  try {
    replace(byId("radius"), drawn(await get(`/api/v1/cis/${incident.ci.split("/").map(encodeURIComponent).join("/")}/blast-radius`)));
  } catch (problem) {
    replace(byId("radius"), el("p", { class: "under" }, problem.message));
  }
}

function clock(name, at, done) {
  if (at === null) return null;
  if (name === "resolve" && incident.sla.paused && !done) return paused();
  const how = done ? (incident.sla.breached.includes(name) ? "missed" : "met") : standing(incident.sla, name, at);
  const left = Date.parse(at) - now();
  const begun = Date.parse(incident.opened_at ?? incident.learnt_at);
  const used = done ? 1 : Math.min(1, Math.max(0, (now() - begun) / Math.max(1, Date.parse(at) - begun)));
  const text = { met: "met", missed: done ? "missed" : `${countdown(left)} over`, risk: `${countdown(left)} left · at risk`, ahead: `${countdown(left)} left` }[how];
  const bar = el("span", { class: "used" });
  bar.style.width = `${used * 100}%`;
  return el("div", { class: `sla ${how}` }, el("div", { class: "sla-head" }, el("span", {}, name === "respond" ? "Respond" : "Resolve"), el("b", {}, text)),
    el("div", { class: "track" }, bar), el("div", { class: "under" }, `by ${timeOfDay(at)}${incident.sla.owner ? `, as desk ${incident.sla.owner} says` : ""}`));
}

function paused() {
  const { paused: why, paused_at: since, paused_until: until } = incident.sla;
  return el("div", { class: "sla" }, el("div", { class: "sla-head" }, el("span", {}, "Resolve"), el("b", {}, "paused")),
    el("div", { class: "under" }, `${why}; since ${timeOfDay(since)}, until ${timeOfDay(until)} at the latest`));
}

function tick() {
  if (!incident) return;
  const ended = incident.resolved_at !== null || incident.closed_at !== null;
  const clocks = [clock("respond", incident.sla.respond_by, ended || incident.acknowledged_at !== null), clock("resolve", incident.sla.resolve_by, ended)];
  replace(byId("clocks"), clocks.some(Boolean) ? clocks : el("p", { class: "under" }, "No clock runs."), ...phases(incident));
}

// Other things of the store change without this incident changing.
function lookAgain() {
  if (incident && !incident.resolved_at && document.visibilityState === "visible") {
    showRadius();
    showEvidence();
  }
}

setInterval(tick, 1000);
setInterval(lookAgain, 10_000);
load();
