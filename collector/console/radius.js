// The blast radius drawn: the failing thing on the left, what needs it to the right, one column a step away.

import { el, svg } from "/console/dom.js";

const NODE = { width: 168, height: 40, across: 64, down: 12 };
const MOST_IN_COLUMN = 10;
const MARKS = { ok: "✓", warning: "!", critical: "✕", unknown: "?", off: "–" };

export function drawn(radius) {
  const columns = columnsOf(radius);
  const places = new Map();
  const tallest = Math.max(...columns.map((column) => Math.min(column.length, MOST_IN_COLUMN + 1)));
  const height = tallest * (NODE.height + NODE.down) + NODE.down;
  const boxes = columns.flatMap((column, depth) => {
    const visible = column.length > MOST_IN_COLUMN + 1 ? column.slice(0, MOST_IN_COLUMN) : column;
    const rest = column.length - visible.length;
    const count = visible.length + (rest ? 1 : 0);
    const top = (height - count * (NODE.height + NODE.down) + NODE.down) / 2;
    const place = (at) => ({ x: 2 + depth * (NODE.width + NODE.across), y: top + at * (NODE.height + NODE.down) });
    visible.forEach((node, at) => places.set(node.ref, place(at)));
    if (rest) column.slice(MOST_IN_COLUMN).forEach((node) => places.set(node.ref, place(MOST_IN_COLUMN)));
    return [...visible.map((node, at) => box(node, place(at), depth === 0)), rest ? more(rest, place(MOST_IN_COLUMN)) : null];
  });
  const width = columns.length * (NODE.width + NODE.across) - NODE.across + 4;
  const drawnOnce = new Set();
  const lines = radius.edges.map(([from, to]) => line(places.get(from), places.get(to), drawnOnce));
  const words = `${radius.ref} and ${radius.total - 1} that need it`;
  return [
    el("div", { class: "radius-scroll", tabindex: "0", role: "group", "aria-label": "Drawing of the blast radius" },
      svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words }, lines, boxes)),
    summary(radius),
  ];
}

function columnsOf(radius) {
  const columns = [];
  for (const node of radius.nodes) (columns[node.depth] ??= []).push(node);
  const rank = { critical: 0, unknown: 1, warning: 2, off: 3, ok: 4 };
  for (const column of columns) column.sort((one, other) => rank[one.status] - rank[other.status] || one.ref.localeCompare(other.ref));
  return columns.filter(Boolean);
}

function box(node, { x, y }, root) {
  const name = node.name || node.ref;
  return svg("g", { class: `ci ${node.status} ${root ? "root" : ""}`, transform: `translate(${x} ${y})` },
    svg("title", {}, `${node.ref} · ${node.class} · ${node.status}`),
    svg("rect", { width: NODE.width, height: NODE.height, rx: 7 }),
    svg("text", { x: 14, y: 25, class: "ci-mark" }, MARKS[node.status] ?? "?"),
    svg("text", { x: 32, y: 17, class: "ci-name" }, cut(name, 19)),
    svg("text", { x: 32, y: 32, class: "ci-under" }, cut(node.ref === name ? node.class : node.ref, 22)));
}

function more(count, { x, y }) {
  return svg("g", { class: "ci more", transform: `translate(${x} ${y})` },
    svg("rect", { width: NODE.width, height: NODE.height, rx: 7 }),
    svg("text", { x: 14, y: 25, class: "ci-name" }, `and ${count} more`));
}

function line(from, to, drawnOnce) {
  if (!from || !to) return null;
  const start = [from.x + NODE.width, from.y + NODE.height / 2];
  const end = [to.x, to.y + NODE.height / 2];
  const key = `${start}-${end}`;
  if (drawnOnce.has(key)) return null;
  drawnOnce.add(key);
  const bend = Math.max(20, (end[0] - start[0]) / 2);
  return svg("path", { class: "edge", d: `M${start} C${start[0] + bend} ${start[1]} ${end[0] - bend} ${end[1]} ${end}` });
}

function summary(radius) {
  const words = [
    `${radius.total - 1} CI${radius.total === 2 ? "" : "s"} need it`,
    `${radius.stores.length} store${radius.stores.length === 1 ? "" : "s"}`,
    radius.services.length ? `services: ${radius.services.join(", ").replaceAll("_", " ")}` : "no service named",
  ];
  return el("p", { class: "under" }, words.join(" · "));
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
