// What was decided, newest first: by the tuner with its evidence, or by an operator with who and why.
import { at, clock, figure, make } from "/dom.js";

export const MOST_VERDICTS = 100;

function kind(verdict) {
  if (verdict.action) return "order";
  if (verdict.to > verdict.from) return "up";
  return verdict.to < verdict.from ? "down" : "stay";
}

function evidence(verdict) {
  if (!verdict.lo || !verdict.hi) return "";
  const arm = (a) => `${a.limit}: ${figure(a.throughput)}/s, p99 ${figure(a.p99_ms, 1)} ms`;
  return `${arm(verdict.lo)} · ${arm(verdict.hi)} · elasticity ${verdict.elasticity.toFixed(2)} (needs ${verdict.e_star}), z ${verdict.z.toFixed(1)}`;
}

function ordered({ who, comment }) {
  const by = who ? `by ${who}` : "";
  return comment ? `${by}${by ? ": " : ""}“${comment}”` : by;
}

function item(verdict) {
  const move = verdict.from === verdict.to ? `stays ${verdict.to}` : `${verdict.from} → ${verdict.to}`;
  const node = make("li", { className: kind(verdict) },
    make("div", { className: "head" },
      make("span", { className: "move", textContent: move }),
      make("code", { textContent: verdict.reason }),
      make("time", { textContent: clock(verdict.unix_ms), dateTime: new Date(verdict.unix_ms).toISOString() })),
    make("p", { textContent: verdict.sentence }));
  for (const text of [ordered(verdict), evidence(verdict)])
    if (text) node.append(make("p", { className: "evidence", textContent: text }));
  return node;
}

export function addVerdict(verdict) {
  const list = at("verdicts");
  list.prepend(item(verdict));
  while (list.children.length > MOST_VERDICTS) list.lastChild.remove();
}

export function showVerdicts(verdicts) {
  at("verdicts").replaceChildren();
  verdicts.forEach(addVerdict);
}
