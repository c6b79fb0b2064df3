// The load curve as the tuner has learnt it, over the requests in flight: throughput with its knee, what
// each step brought against what it must bring, and the p99.
const NS = "http://www.w3.org/2000/svg";
const SIDE = { left: 46, right: 14 };
const PANELS = { rate: { top: 44, height: 196 }, steps: { top: 274, height: 58 }, late: { top: 366, height: 70 } };
const AXIS = PANELS.late.top + PANELS.late.height;
const LEAST_WIDTH = 240;
const TRAIL = 90;

function element(name, attributes, text) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// A round number at or above the value, so that the axis seldom moves.
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((m) => m * power >= value) * power;
}

const short = (value) => `${+value.toPrecision(3)}`;
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

export function describe(knee, now) {
  const points = knee.points.map((p) => `${Math.round(p.throughput)} a second at limit ${p.limit}, p99 ${p.p99_ms.toFixed(1)} ms`);
  const sweet = knee.sweet_spot ? `The sweet spot is ${knee.sweet_spot}. ` : "No sweet spot is known yet. ";
  return `Load curve. ${sweet}${points.join("; ")}.` + (now ? ` Now ${Math.round(now.throughput)} a second.` : "");
}

// The mean of the last seconds at the limit that is in force now.
function present(samples) {
  const last = samples[samples.length - 1];
  if (!last) return null;
  const same = samples.slice(-3).filter((s) => s.limit === last.limit);
  const mean = (field) => same.reduce((sum, s) => sum + s[field], 0) / same.length;
  return mean("in_flight") > 0.3 ? { in_flight: mean("in_flight"), throughput: mean("throughput") } : null;
}

class Drawing {
  constructor(width, points, trail) {
    this.width = width;
    this.points = points;
    const inFlight = [...points, ...trail].map((p) => p.in_flight);
    this.low = Math.floor(Math.log2(Math.min(1, ...inFlight)));
    this.high = Math.max(this.low + 4, Math.log2(Math.max(2, ...inFlight)) + 0.3);
    this.most = ceiling(1.08 * Math.max(1, ...points.map((p) => p.throughput), ...trail.map((p) => p.throughput)));
    this.slowest = ceiling(1.05 * Math.max(0.1, ...points.map((p) => p.p99_ms)));
    this.svg = element("svg", { viewBox: `0 0 ${width} ${AXIS + 34}`, role: "img" });
  }

  x(inFlight) {
    const share = (Math.log2(Math.max(inFlight, 2 ** this.low)) - this.low) / (this.high - this.low);
    return SIDE.left + share * (this.width - SIDE.left - SIDE.right);
  }
  y(panel, share) { return panel.top + panel.height * (1 - Math.max(0, Math.min(1, share))); }
  rate(throughput) { return this.y(PANELS.rate, throughput / this.most); }
  late(ms) { return this.y(PANELS.late, ms / this.slowest); }

  add(name, attributes, text) {
    const node = element(name, attributes, text);
    this.svg.append(node);
    return node;
  }
  line(x1, y1, x2, y2, attributes) { return this.add("line", { x1, y1, x2, y2, ...attributes }); }

  panel(panel, title, ticks) {
    const right = this.width - SIDE.right;
    this.add("text", { x: SIDE.left, y: panel.top - 9, class: "title" }, title);
    for (const [share, label] of ticks) {
      const y = this.y(panel, share);
      this.line(SIDE.left, y, right, y, { stroke: "var(--line)" });
      this.add("text", { x: SIDE.left - 6, y: y + 4, "text-anchor": "end" }, label);
    }
  }

  axes(eStar) {
    const { most, slowest } = this;
    this.panel(PANELS.rate, "Throughput, a second", [0, 0.5, 1].map((s) => [s, short(s * most)]));
    this.panel(PANELS.steps, `Elasticity of each step: it pays above ${eStar}`, [[0, "0"], [1, "1"]]);
    this.panel(PANELS.late, "p99 of the backend, ms", this.points.length ? [0, 1].map((s) => [s, short(s * slowest)]) : []);
    for (let power = Math.ceil(this.low); power <= this.high; power += this.high - this.low > 9 ? 2 : 1)
      this.add("text", { x: this.x(2 ** power), y: AXIS + 16, "text-anchor": "middle" }, `${2 ** power}`);
    this.add("text", { x: (SIDE.left + this.width - SIDE.right) / 2, y: AXIS + 31, "text-anchor": "middle" }, "requests in flight");
  }

  // Where more in flight brings latency and hardly any throughput.
  spot(limit) {
    const point = this.points.find((p) => p.limit === limit);
    const x = this.x(point ? point.in_flight : limit);
    const right = this.width - SIDE.right;
    for (const panel of Object.values(PANELS))
      this.add("rect", { x, y: panel.top, width: Math.max(0, right - x), height: panel.height, fill: "var(--sweet)", opacity: 0.09 });
    this.line(x, PANELS.rate.top - 6, x, AXIS, { stroke: "var(--sweet)", "stroke-width": 2, "stroke-dasharray": "2 4" });
    const label = `sweet spot ${limit}`, half = 4 * label.length;
    const middle = Math.max(SIDE.left + half, Math.min(right - half, x));
    this.add("rect", { x: middle - half, y: 2, width: 2 * half, height: 21, rx: 10, fill: "var(--sweet)" });
    this.add("text", { x: middle, y: 17, "text-anchor": "middle", class: "pill" }, label);
    if (right - x > 100) this.add("text", { x: right - 4, y: PANELS.rate.top + PANELS.rate.height - 8, "text-anchor": "end" }, "past the knee");
  }

  // The straight road that the curve leaves at its knee: throughput in proportion to what is in flight.
  proportional() {
    const first = this.points.find((p) => !p.stale) ?? this.points[0];
    const end = first.in_flight * (this.most / first.throughput);
    const last = Math.min(end, 2 ** this.high);
    const line = Array.from({ length: 41 }, (_, i) => first.in_flight * (last / first.in_flight) ** (i / 40))
      .map((n) => [this.x(n), this.rate(first.throughput * n / first.in_flight)]);
    this.add("path", { d: path(line), fill: "none", stroke: "var(--quiet)", "stroke-dasharray": "3 4" });
    const at = this.x(0.9 * last);
    if (at - SIDE.left > 90) this.add("text", { x: at - 8, y: this.rate(0.9 * first.throughput * last / first.in_flight), "text-anchor": "end" }, "if it scaled");
  }

  curve(sweet, held) {
    const judged = this.points.filter((p) => !p.stale);
    this.add("path", { d: path(judged.map((p) => [this.x(p.in_flight), this.rate(p.throughput)])), class: "curve", stroke: "var(--one)" });
    this.add("path", { d: path(judged.map((p) => [this.x(p.in_flight), this.late(p.p99_ms)])), class: "curve", stroke: "var(--three)" });
    for (const p of this.points) {
      const x = this.x(p.in_flight), isSweet = p.limit === sweet;
      this.line(x, this.rate(p.throughput_low), x, this.rate(p.throughput_high), { stroke: "var(--one)", "stroke-width": 2, opacity: 0.5 });
      const fill = p.stale ? "var(--card)" : isSweet ? "var(--sweet)" : "var(--one)";
      const dot = this.add("circle", { cx: x, cy: this.rate(p.throughput), r: isSweet ? 7 : 4.5, fill, stroke: isSweet ? "var(--sweet)" : "var(--one)", "stroke-width": 2 });
      dot.append(element("title", {}, `limit ${p.limit}: ${Math.round(p.throughput)}/s, p99 ${p.p99_ms.toFixed(1)} ms`));
      this.add("circle", { cx: x, cy: this.late(p.p99_ms), r: 3, fill: p.stale ? "var(--card)" : "var(--three)", stroke: "var(--three)" });
    }
    this.limits(sweet, held);
  }

  // Labels where there is room; the limits that matter come first.
  limits(sweet, held) {
    const weight = (p) => (p.limit === sweet ? 2 : 0) + (p.limit === held ? 1 : 0);
    const taken = [];
    for (const p of [...this.points].sort((a, b) => weight(b) - weight(a))) {
      const label = p.limit === held && p.limit !== sweet ? `${p.limit} held` : `${p.limit}`;
      const x = this.x(p.in_flight), half = 4 * label.length + 3;
      if (taken.some(([from, to]) => x + half > from && x - half < to)) continue;
      taken.push([x - half, x + half]);
      this.add("text", { x, y: this.rate(p.throughput_high) - 11, "text-anchor": "middle", class: "limit" }, label);
    }
  }

  steps(steps, eStar) {
    const right = this.width - SIDE.right, needed = this.y(PANELS.steps, eStar);
    for (const step of steps) {
      const from = this.points.find((p) => p.limit === step.from), to = this.points.find((p) => p.limit === step.to);
      if (!from || !to) continue;
      const left = this.x(from.in_flight) + 2, width = this.x(to.in_flight) - 2 - left;
      const top = this.y(PANELS.steps, step.elasticity), foot = this.y(PANELS.steps, 0);
      if (width < 3) continue;
      const bar = this.add("rect", { x: left, y: Math.min(top, foot - 2), width, height: Math.max(2, foot - top), rx: 2,
        fill: step.elasticity > eStar ? "var(--one)" : "var(--three)", opacity: step.compared ? 0.9 : 0.5 });
      bar.append(element("title", {}, `${step.from} to ${step.to}: elasticity ${step.elasticity.toFixed(2)}`));
      if (width < 28) continue;
      const isInside = foot - top > 16, isCrossed = needed < top && needed > top - 18;  // by the line
      const y = isInside ? foot - 5 : (isCrossed ? needed : top) - 4;
      this.add("text", { x: left + width / 2, y, "text-anchor": "middle", class: isInside ? "inside" : "limit" }, step.elasticity.toFixed(2));
    }
    this.line(SIDE.left, needed, right, needed, { stroke: "var(--text)", "stroke-dasharray": "6 4" });
  }

  seconds(trail, now) {
    for (const s of trail) this.add("circle", { cx: this.x(s.in_flight), cy: this.rate(s.throughput), r: 2, fill: "var(--two)", opacity: 0.4 });
    if (now) this.add("circle", { cx: this.x(now.in_flight), cy: this.rate(now.throughput), r: 9, fill: "none", stroke: "var(--text)", "stroke-width": 2 });
  }
}

// `knee` as the sidecar tells it, `samples` of the last minutes, `held` the limit that is held.
export function drawKnee(host, knee, samples, held) {
  const points = knee.points.filter((p) => p.in_flight > 0).sort((a, b) => a.in_flight - b.in_flight);
  const trail = samples.slice(-TRAIL).filter((s) => s.in_flight > 0.3);
  const now = present(samples), eStar = knee.e_star ?? 0;
  const drawing = new Drawing(Math.max(host.clientWidth, LEAST_WIDTH), points, trail);
  drawing.svg.setAttribute("aria-label", describe(knee, now));
  drawing.axes(eStar);
  if (knee.sweet_spot) drawing.spot(knee.sweet_spot);
  if (points.length > 0) drawing.proportional();
  drawing.steps(knee.steps ?? [], eStar);
  drawing.seconds(trail, now);
  drawing.curve(knee.sweet_spot, held);
  host.replaceChildren(drawing.svg);
}
