// When a problem's incidents came: a mark for each on one line of time, and where the problem was opened and resolved.

import { inFull, now, span, timeOfDay } from "/console/clock.js";
import { el, svg } from "/console/dom.js";

const WIDTH = 640;
const EDGE = 8;

export function drawn(problem, incidents) {
  const start = Math.min(Date.parse(problem.first_at), ...incidents.map((one) => Date.parse(one.started_at)));
  const end = problem.resolved_at ? Math.max(Date.parse(problem.resolved_at), Date.parse(problem.last_at)) : now();
  const x = (instant) => EDGE + ((Date.parse(instant) - start) / Math.max(1, end - start)) * (WIDTH - 2 * EDGE);
  const marks = incidents.map((one) => svg("rect", { x: x(one.started_at) - 1.5, y: 6, width: 3, height: 22, class: "stretch opened" },
    svg("title", {}, `#${one.number} ${inFull(one.started_at)}`)));
  const pins = [["opened", problem.opened_at], ["resolved", problem.resolved_at]].filter(([, at]) => at)
    .map(([word, at]) => svg("circle", { cx: x(at), cy: 34, r: 5, class: `pin ${word}` }, svg("title", {}, `problem ${word} ${inFull(at)}`)));
  const words = `${problem.count} times in ${span(end - start)}, the first ${timeOfDay(problem.first_at)}, the last ${timeOfDay(problem.last_at)}`;
  return [
    svg("svg", { viewBox: `0 0 ${WIDTH} 42`, class: "times", role: "img", "aria-label": words },
      svg("rect", { x: EDGE, y: 33, width: WIDTH - 2 * EDGE, height: 2, class: "stretch" }), marks, pins),
    el("p", { class: "under" }, `${words}. Ring: problem opened${problem.resolved_at ? ", then resolved" : ""}.`),
  ];
}
