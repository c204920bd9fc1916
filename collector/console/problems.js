// What repeats: the open problems first, then the newest.

import { get } from "/console/api.js";
import { inFull, now, span, timeOfDay } from "/console/clock.js";
import { byId, el, replace } from "/console/dom.js";
import { framed, tried } from "/console/frame.js";
import { refreshing } from "/console/refreshing.js";
import { rowsOf } from "/console/rows.js";
import { plainCategory } from "/console/words.js";

const BREATH = 2_000; // milliseconds between two refreshes, however fast events come

const rows = rowsOf(byId("rows"));

framed({
  onEvent: (name) => {
    if (name === "snapshot" || name === "incident") refresh();
  },
  shortcuts: [
    ["j ArrowDown", "Next problem", () => rows.step(1)],
    ["k ArrowUp", "Previous problem", () => rows.step(-1)],
    ["u", "Back to the incidents", () => byId("back").click()],
  ],
});

const refresh = refreshing(async () => {
  const found = await tried(() => get("/api/v1/problems"));
  if (found) show(found.items);
}, BREATH);

function show(problems) {
  const focused = document.activeElement.closest?.("tr")?.dataset.id;
  replace(byId("rows"), problems.map(row));
  if (focused) byId("rows").querySelector(`[data-id="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  byId("empty").hidden = problems.length > 0;
  if (!problems.length) replace(byId("empty"), el("strong", {}, "Nothing repeats"), el("p", {}, "What fails again and again appears here by itself."));
  byId("count").textContent = problems.length ? `${problems.length} remembered, ${problems.filter((one) => one.state === "open").length} open` : "";
}

function row(problem) {
  return el("tr", { class: `row ${problem.state === "open" ? "p3" : "is-resolved"}`, "data-id": problem.id },
    el("td", { class: "c-title" },
      el("a", { href: `/problems/${encodeURIComponent(problem.id)}` }, problem.title),
      el("div", { class: "under" }, `#${problem.number} · ${plainCategory(problem.category)}${problem.owner ? ` · ${problem.owner}` : ""}`)),
    el("td", { class: "c-where" }, el("code", {}, problem.subject)),
    el("td", {}, String(problem.count), el("div", { class: "under" }, `on ${problem.cis.length} CI${problem.cis.length === 1 ? "" : "s"}`)),
    el("td", { class: "c-state" }, problem.state),
    el("td", { class: "c-since" }, el("time", { datetime: problem.last_at, title: inFull(problem.last_at) }, `${span(now() - Date.parse(problem.last_at))} ago`),
      el("div", { class: "under" }, `since ${timeOfDay(problem.first_at)}`)),
    el("td", {}, problem.change ? el("code", {}, problem.change) : "–"));
}

refresh();
