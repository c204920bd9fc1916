// The collector's clock as this browser knows it, and instants and durations in words.

let ahead = 0; // milliseconds the collector is ahead of this machine

export function heardAt(instant) {
  ahead = Date.parse(instant) - Date.now();
}

export const now = () => Date.now() + ahead;

export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

// 1:02:03 until an hour away, then minutes are enough: a number that runs draws the eye.
export function countdown(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  if (seconds >= 36000) return span(Math.abs(milliseconds));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}:${parts.join(":")}` : parts.join(":");
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

export function timeOfDay(instant) {
  const at = new Date(instant);
  const today = at.toDateString() === new Date(now()).toDateString();
  return today ? TIME.format(at) : `${DAY.format(at)} ${TIME.format(at)}`;
}

export const inFull = (instant) => new Date(instant).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
