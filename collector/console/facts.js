// Words and their values, those that have one; instants, tickets and addresses as everywhere.

import { inFull, timeOfDay } from "/console/clock.js";
import { el, replace, safeAddress } from "/console/dom.js";

export const at = (instant) => instant && el("time", { datetime: instant, title: inFull(instant) }, timeOfDay(instant));

export const runbook = (text) => text && linked(text, /^https?:/.test(text) ? text : "");

export const ticketOf = ({ ticket }) => ticket && linked(`${ticket.system} ${ticket.id}`, ticket.url);

export function showFacts(list, rows) {
  replace(list, rows.filter(([, value]) => value).map(([word, value]) => el("div", {}, el("dt", {}, word), el("dd", {}, value))));
}

function linked(text, address) {
  const safe = address && safeAddress(address);
  return safe ? el("a", { href: safe, rel: "noopener noreferrer" }, text) : text;
}
