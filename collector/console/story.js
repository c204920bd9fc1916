// An incident's time: its phases to scale as one bar, and its story line by line.

import { inFull, now, span, timeOfDay } from "/console/clock.js";
import { el, replace, svg } from "/console/dom.js";

const WIDTH = 324;
const MARKS = {
  opened: "!", acknowledged: "✓", restored: "↺", resolved: "✓", closed: "■", reopened: "!", note: "✎", assigned: "→",
  escalated: "↑", nudged: "↑", promoted: "▲", proposed: "▲", absorbed: "⇥", suppressed: "‖", released: "▸", created: "!", "failing again": "!" };

export function showStory(list, incident) {
  const lines = incident.timeline.map((entry) => {
    const kind = entry.kind.replaceAll("_", " ");
    return el("li", { class: `kind-${entry.kind.split(/[_ ]/)[0]} ${entry.actor === "engine" ? "" : "by-person"}` },
      el("span", { class: "node", "aria-hidden": "true" }, MARKS[entry.kind] ?? "•"),
      el("time", { datetime: entry.at, title: inFull(entry.at) }, timeOfDay(entry.at)),
      el("div", {}, el("div", { class: "story-text" }, entry.text || kind),
        el("div", { class: "under" }, kind, entry.actor === "engine" ? "" : ` · ${entry.actor}`, entry.rule ? el("span", { class: "rule" }, `rule ${entry.rule}`) : null)));
  });
  replace(list, lines.length ? lines : [el("li", { class: "under" }, "Nothing was written yet.")]);
}

// From the start at the store to the end, with what each stretch was.
export function phases(incident) {
  const marks = [
    ["started", incident.started_at], ["learnt", incident.learnt_at], ["opened", incident.opened_at],
    ["acknowledged", incident.acknowledged_at], ["restored", incident.restored_at], ["resolved", incident.resolved_at],
  ].filter(([, at]) => at !== null).map(([word, at]) => [word, Date.parse(at)]).sort((one, other) => one[1] - other[1]);
  const start = marks[0][1];
  const end = incident.resolved_at || incident.closed_at ? marks.at(-1)[1] : Math.max(now(), marks.at(-1)[1]);
  const x = (at) => 6 + ((at - start) / Math.max(1, end - start)) * (WIDTH - 12);
  const stretches = marks.map(([word, at], index) => {
    const until = marks[index + 1]?.[1] ?? end;
    return svg("rect", { x: x(at), y: 8, width: Math.max(0, x(until) - x(at)), height: 12, class: `stretch ${word}` },
      svg("title", {}, `${word}: ${span(until - at)}`));
  });
  const pins = marks.map(([word, at]) => svg("circle", { cx: x(at), cy: 14, r: 5, class: `pin ${word}` }, svg("title", {}, `${word} ${inFull(at)}`)));
  const words = marks.map(([word, at], index) =>
    el("li", {}, el("span", { class: `swatch ${word}`, "aria-hidden": "true" }), `${word} `, el("b", {}, index === 0 ? timeOfDay(at) : `+${span(at - start)}`)));
  return [
    svg("svg", { viewBox: `0 0 ${WIDTH} 28`, class: "phases", role: "img", "aria-label": marks.map(([word, at]) => `${word} ${inFull(at)}`).join(", ") }, stretches, pins),
    el("ul", { class: "legend" }, words),
  ];
}
