// The live list. What is shown stands in the address: filters and page survive a reload and can be sent to a colleague.

import { get } from "/console/api.js";
import { inFull, now, span, timeOfDay } from "/console/clock.js";
import { byId, el, replace } from "/console/dom.js";
import { framed, said, tried } from "/console/frame.js";
import { refreshing } from "/console/refreshing.js";
import { rowsOf } from "/console/rows.js";
import { clockOf, lost, nextDeadline, plainCategory, priority, state } from "/console/words.js";

const UNRESOLVED = "open,acknowledged";
const LIMIT = 50;
const BREATH = 700; // milliseconds between two refreshes, however fast events come

const filters = byId("filters");
const table = rowsOf(byId("rows"));
const rows = new Map(); // incident id → {element, text}
let paused = false;
let waiting = 0;
let shown = null; // the page's incidents; null before the first answer

framed({
  onEvent: (name) => {
    if (name === "snapshot") refresh();
    if (name === "incident") {
      if (paused) showWaiting(waiting + 1);
      else refresh();
    }
  },
  shortcuts: [
    ["j ArrowDown", "Next incident", () => table.step(1)],
    ["k ArrowUp", "Previous incident", () => table.step(-1)],
    ["o", "Open the chosen incident (or Enter)", () => document.activeElement.closest?.("tr")?.querySelector("a")?.click()],
    ["/", "Filter by store", () => filters.elements.store.focus()],
    ["1 2 3", "Only P1, P2, P3 (again: all)", (event) => togglePriority(`P${event.key}`)],
    ["a", "All unresolved", () => clear()],
    ["p", "Pause or go on", () => pause()],
    ["r", "What repeats: the problems", () => location.assign("/problems")],
    ["n", "Next page", () => byId("next").hidden || byId("next").click()],
  ],
});

function wanted() {
  const address = new URLSearchParams(location.search);
  return {
    state: address.get("state") ?? UNRESOLVED,
    priority: address.get("priority") ?? "",
    store: address.get("store") ?? "",
    category: address.get("category") ?? "",
    held: address.get("held") ?? "",
    cursor: address.get("cursor") ?? "",
  };
}

function go(changes, push = true) {
  const next = { ...wanted(), cursor: "", ...changes };
  if (next.state === UNRESOLVED) next.state = "";
  const query = new URLSearchParams(Object.entries(next).filter(([, value]) => value !== "")).toString();
  history[push ? "pushState" : "replaceState"](null, "", query ? `/?${query.replaceAll("%2C", ",")}` : "/");
  fillFilters();
  refresh();
}

function fillFilters() {
  const { state: states, priority: priorities, store, category, held } = wanted();
  for (const radio of filters.querySelectorAll("[name=state]")) radio.checked = radio.value === states;
  for (const box of filters.querySelectorAll("[name=priority]")) box.checked = priorities.split(",").includes(box.value);
  filters.elements.held.checked = held === "1";
  if (document.activeElement !== filters.elements.store) filters.elements.store.value = store;
  if (document.activeElement !== filters.elements.category) filters.elements.category.value = category;
}

function request() {
  const { held, ...filter } = wanted();
  const query = new URLSearchParams({ limit: LIMIT });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  if (held !== "1") query.set("suppressed", "false");
  query.set("sort", filter.state.split(",").every((word) => UNRESOLVED.split(",").includes(word)) ? "worst" : "newest");
  return `/api/v1/incidents?${query}`;
}

const refresh = refreshing(async () => {
  const [page, overview] = await Promise.all([tried(() => get(request())), tried(() => get("/api/v1/overview"))]);
  if (page) show(page);
  if (overview) showTiles(overview);
  showWaiting(0);
}, BREATH);

function show(page) {
  const seen = new Set(page.items.map((incident) => incident.id));
  for (const id of rows.keys()) if (!seen.has(id)) rows.delete(id);
  const focused = document.activeElement.closest?.("tr")?.dataset.id;
  replace(byId("rows"), page.items.map(row));
  shown = page.items;
  if (focused && rows.has(focused)) rows.get(focused).element.querySelector("a").focus({ preventScroll: true });
  byId("empty").hidden = page.items.length > 0;
  if (!page.items.length) replace(byId("empty"), emptyWords());
  const { cursor } = wanted();
  byId("count").textContent = page.items.length ? `${page.items.length} shown${page.next ? ", more follow" : ""}${cursor ? " on this page" : ""}` : "";
  byId("first").hidden = !cursor;
  byId("next").hidden = !page.next;
  byId("next").onclick = () => {
    go({ cursor: page.next });
    byId("list").focus();
  };
}

// A row is built again only when its incident changed; then it is marked for a moment.
function row(incident) {
  const text = JSON.stringify(incident);
  const known = rows.get(incident.id);
  if (known && known.text === text) return known.element;
  const element = built(incident);
  if (shown !== null) element.classList.add("fresh");
  rows.set(incident.id, { element, text });
  return element;
}

function built(incident) {
  const held = incident.suppressed ? el("span", { class: "tag", title: incident.suppressed.reason }, incident.parent ? "part of another" : "held") : null;
  const major = incident.major ? el("span", { class: "tag major" }, incident.major === "declared" ? "major" : `major ${incident.major}`) : null;
  const deadline = nextDeadline(incident);
  return el("tr", { "data-id": incident.id, class: `row ${incident.priority.toLowerCase()} is-${incident.state}` },
    el("td", { class: "c-priority" }, priority(incident.priority)),
    el("td", { class: "c-title" },
      el("a", { href: `/incidents/${encodeURIComponent(incident.id)}` }, incident.title), " ", major, held,
      el("div", { class: "under" }, `#${incident.number} · ${plainCategory(incident.category)}${incident.assignee ? ` · ${incident.assignee}` : ""}`)),
    el("td", { class: "c-where" }, el("code", {}, incident.ci), incident.stores.length > 1 ? el("div", { class: "under" }, `${incident.stores.length} stores`) : null),
    el("td", { class: "c-lost" }, lost(incident.affected), incident.affected.unit ? el("div", { class: "under" }, incident.affected.unit) : null),
    el("td", { class: "c-state" }, state(incident), incident.acknowledged_by ? el("div", { class: "under" }, incident.acknowledged_by) : null),
    el("td", { class: "c-since" }, el("time", { datetime: incident.started_at, title: inFull(incident.started_at) }, span(now() - Date.parse(incident.started_at))),
      el("div", { class: "under" }, timeOfDay(incident.started_at))),
    el("td", { class: "c-clock" }, deadline ? clockOf(deadline) : "–"));
}

function emptyWords() {
  const { state: states, priority: priorities, store, category } = wanted();
  if (states === UNRESOLVED && !priorities && !store && !category) {
    return [el("div", { class: "calm", "aria-hidden": "true" }, "✓"), el("strong", {}, "Nothing is unresolved"), el("p", {}, "New incidents appear here by themselves.")];
  }
  return [el("strong", {}, "Nothing matches these filters"), el("button", { type: "button", onclick: clear }, "Show all unresolved")];
}

function showTiles(overview) {
  const tile = (words, number, kind, changes) =>
    el(changes ? "button" : "div", { class: `tile ${kind} ${number ? "" : "none"}`, type: changes ? "button" : null, onclick: changes && (() => go(changes)) },
      el("span", { class: "number" }, String(number)), el("span", { class: "words" }, words));
  replace(byId("tiles"),
    tile("P1 unresolved", overview.unresolved.P1 ?? 0, "p1", { state: UNRESOLVED, priority: "P1" }),
    tile("P2 unresolved", overview.unresolved.P2 ?? 0, "p2", { state: UNRESOLVED, priority: "P2" }),
    tile("P3 unresolved", overview.unresolved.P3 ?? 0, "p3", { state: UNRESOLVED, priority: "P3" }),
    tile("not acknowledged", overview.unacknowledged, "", { state: "open", priority: "" }),
    tile("at risk or late", overview.at_risk, "risk", null),
    tile(`of ${overview.stores_total} stores affected`, overview.stores_affected, "", null),
    tile(`of ${overview.agents_total} agents silent`, overview.agents_silent, "", null));
  byId("deployment").textContent = overview.deployment;
  replace(byId("categories"), overview.categories.map((category) => el("option", { value: category })));
}

function showWaiting(count) {
  waiting = count;
  byId("waiting").hidden = !paused;
  byId("waiting").textContent = count ? `${count} change${count > 1 ? "s" : ""} waiting · show` : "Paused";
}

function pause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  byId("pause").lastElementChild.textContent = paused ? "Go on" : "Pause";
  document.body.classList.toggle("paused", paused);
  showWaiting(waiting);
  if (!paused) refresh();
  said(paused ? "Paused: the list stands still" : "Live again");
}

function togglePriority(word) {
  go({ priority: wanted().priority === word ? "" : word });
}

function clear() {
  go({ state: UNRESOLVED, priority: "", store: "", category: "" });
}

function tick() {
  for (const incident of shown ?? []) {
    const element = rows.get(incident.id)?.element;
    const deadline = nextDeadline(incident);
    if (!element) continue;
    element.querySelector("time").textContent = span(now() - Date.parse(incident.started_at));
    if (deadline) element.querySelector(".c-clock").replaceChildren(clockOf(deadline));
  }
}

filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("change", () => {
  const chosen = new FormData(filters);
  go({
    state: chosen.get("state") ?? UNRESOLVED,
    priority: chosen.getAll("priority").join(","),
    store: chosen.get("store").trim().toLowerCase(),
    category: chosen.get("category").trim().toLowerCase(),
    held: chosen.get("held") ?? "",
  });
});
byId("first").addEventListener("click", () => go({}));
byId("pause").addEventListener("click", pause);
byId("waiting").addEventListener("click", () => refresh());
addEventListener("popstate", () => {
  fillFilters();
  refresh();
});
setInterval(tick, 1000);
fillFilters();
refresh();
