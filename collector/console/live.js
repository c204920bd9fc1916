// The collector's stream of events, followed for ever. EventSource cannot send a token, so this reads the stream itself.

import { headers, Problem } from "/console/api.js";
import { heardAt } from "/console/clock.js";

const SILENCE = 15_000; // three heartbeats
const LONGEST_WAIT = 15_000;

// `onEvent(name, data)` for every event; `onLink(state, problem)` with "live" or "lost" whenever that changes.
export async function follow({ onEvent, onLink }) {
  let last = null;
  let failures = 0;
  for (;;) {
    try {
      await read(last, (event) => {
        failures = 0;
        if (event.id !== null) last = event.id;
        if (event.name === "resync") last = null;
        if (event.data.at) heardAt(event.data.at);
        onLink("live");
        onEvent(event.name, event.data);
      });
    } catch (problem) {
      onLink("lost", problem);
      if (problem instanceof Problem && problem.status === 401) return;
    }
    failures += 1;
    await new Promise((done) => setTimeout(done, Math.min(LONGEST_WAIT, 500 * 2 ** failures) * (0.5 + Math.random() / 2)));
  }
}

async function read(last, take) {
  const gone = new AbortController();
  let silence = setTimeout(() => gone.abort(), SILENCE);
  try {
    const more = last === null ? {} : { "Last-Event-ID": last };
    const answer = await fetch("/api/v1/events", { headers: headers(more), cache: "no-store", signal: gone.signal });
    if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream ended");
      clearTimeout(silence);
      silence = setTimeout(() => gone.abort(), SILENCE);
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop();
      blocks.map(parsed).forEach(take);
    }
  } finally {
    clearTimeout(silence);
    gone.abort();
  }
}

function parsed(block) {
  const event = { id: null, name: "message", data: {} };
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    const value = line.slice(at + 2);
    if (line.startsWith("id: ")) event.id = value;
    if (line.startsWith("event: ")) event.name = value;
    if (line.startsWith("data: ")) event.data = JSON.parse(value);
  }
  return event;
}
