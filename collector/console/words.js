// How priorities, states and clocks look: always a shape and a word, never colour alone.

import { countdown, now } from "/console/clock.js";
import { el, svg } from "/console/dom.js";

const SHAPES = {
  P1: "M5.300 1h5.400L15 5.300v5.400L10.700 15H5.300L1 10.700V5.300z",
  P2: "M8 1.500 15.200 14.500H.800z",
  P3: "M8 1 15 8 8 15 1 8z",
};
const MEANING = { P1: "most urgent", P2: "urgent", P3: "normal" };

export function priority(word) {
  const shape = svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: SHAPES[word] }));
  return el("span", { class: `priority ${word.toLowerCase()}`, title: `Priority ${word}: ${MEANING[word]}` }, shape, el("b", {}, word));
}

const STATES = { open: "●", acknowledged: "◑", resolved: "✓", closed: "■" };

export function state(incident) {
  const mark = el("span", { "aria-hidden": "true" }, STATES[incident.state]);
  const restored = incident.restored_at && incident.state !== "resolved" && incident.state !== "closed";
  const word = restored ? "restored" : incident.state;
  return el("span", { class: `state ${word}` }, restored ? el("span", { "aria-hidden": "true" }, "↺") : mark, ` ${word}`);
}

// The deadline that comes next, and how it stands: {name, at, standing: "met" | "ahead" | "risk" | "missed"} or null.
export function nextDeadline(incident) {
  if (incident.state === "resolved" || incident.state === "closed" || incident.restored_at) return null;
  const waiting = incident.acknowledged_at === null && incident.sla.respond_by !== null;
  if (!waiting && incident.sla.paused) return null;
  const name = waiting ? "respond" : "resolve";
  const at = waiting ? incident.sla.respond_by : incident.sla.resolve_by;
  return at === null ? null : { name, at, standing: standing(incident.sla, name, at) };
}

export function standing(sla, name, at) {
  if (sla.breached.includes(name) || Date.parse(at) < now()) return "missed";
  return sla.at_risk.includes(name) ? "risk" : "ahead";
}

// An element that `tick` keeps up to date.
export function clockOf(deadline) {
  const left = Date.parse(deadline.at) - now();
  const mark = { missed: "✕", risk: "!", ahead: "" }[deadline.standing];
  const verb = deadline.name === "respond" ? "respond" : "resolve";
  const text = left < 0 ? `${verb} · ${countdown(left)} over` : `${verb} · ${countdown(left)}`;
  return el("span", { class: `clock ${deadline.standing}` }, mark ? el("span", { "aria-hidden": "true", class: "mark" }, mark) : null, text);
}

export function lost(affected) {
  if (!affected.lanes_total) return affected.cis.length ? `${affected.cis.length} CI${affected.cis.length > 1 ? "s" : ""}` : "–";
  return `${affected.lanes_down} of ${affected.lanes_total}`;
}

export const plainCategory = (category) => category.replaceAll("_", " ");
