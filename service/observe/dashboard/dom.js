// Small helpers that all parts of the page share. What the sidecar tells becomes text, never markup.
export const at = (id) => document.getElementById(id);
export const say = (id, text) => { if (at(id).textContent !== String(text)) at(id).textContent = text; };
export const figure = (value, digits = 0) => Number(value).toLocaleString("en", { maximumFractionDigits: digits });
export const ms = (value) => `${figure(value, value < 100 ? 1 : 0)} ms`;
export const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
export const percent = (part, whole) => (whole > 0 ? `${figure(100 * part / whole, part / whole < 0.1 ? 1 : 0)} %` : "0 %");

export function make(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

export function span(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}
