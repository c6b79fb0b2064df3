// The load curve as the tuner has learnt it: throughput and p99 over the requests in flight.
const NS = "http://www.w3.org/2000/svg";
const MARGIN = { left: 52, right: 52, top: 18, bottom: 34 };
const STALE_AFTER_MS = 10 * 60 * 1000;

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

function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

export function describe(knee, now) {
  const points = knee.points.map((p) => `${Math.round(p.throughput)} a second at limit ${p.limit}`);
  const sweet = knee.sweet_spot ? `The sweet spot is ${knee.sweet_spot}. ` : "No sweet spot is known yet. ";
  return `Load curve. ${sweet}${points.join(", ")}.` + (now ? ` Now ${Math.round(now.throughput)} a second.` : "");
}

export function drawKnee(host, knee, now, held) {
  const width = Math.max(host.clientWidth, 200), height = host.clientHeight || 300;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": describe(knee, now) });
  const points = knee.points.filter((p) => p.in_flight > 0);
  const live = now && now.in_flight > 0.3 ? [now] : [];
  const inFlight = [...points, ...live].map((p) => p.in_flight);
  const low = Math.floor(Math.log2(Math.min(1, ...inFlight)));
  const high = Math.max(low + 3, Math.ceil(Math.log2(Math.max(2, ...inFlight)) + 0.1));
  const most = ceiling(1.05 * Math.max(1, ...[...points, ...live].map((p) => p.throughput)));
  const slowest = ceiling(1.05 * Math.max(0.1, ...points.map((p) => p.p99_ms)));
  const x = (n) => MARGIN.left + ((Math.log2(Math.max(n, 2 ** low)) - low) / (high - low)) * (width - MARGIN.left - MARGIN.right);
  const y = (share) => height - MARGIN.bottom - share * (height - MARGIN.top - MARGIN.bottom);

  for (let power = low; power <= high; power += 1) {
    if ((high - low) > 8 && (power - low) % 2) continue;
    svg.append(element("text", { x: x(2 ** power), y: height - 14, "text-anchor": "middle" }, `${2 ** power}`));
  }
  svg.append(element("text", { x: width / 2, y: height - 1, "text-anchor": "middle" }, "in flight"));
  for (const share of [0, 0.5, 1]) {
    svg.append(element("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(share), y2: y(share), stroke: "var(--line)" }),
      element("text", { x: MARGIN.left - 6, y: y(share) + 4, "text-anchor": "end" }, `${+(share * most).toPrecision(3)}`),
      element("text", { x: width - MARGIN.right + 6, y: y(share) + 4 }, `${+(share * slowest).toPrecision(3)}`));
  }
  svg.append(element("text", { x: MARGIN.left - 6, y: 10, "text-anchor": "end" }, "per s"),
    element("text", { x: width - MARGIN.right + 6, y: 10 }, "p99 ms"));

  if (knee.sweet_spot) {
    const spot = points.find((p) => p.limit === knee.sweet_spot);
    const at = x(spot ? spot.in_flight : knee.sweet_spot);
    svg.append(element("line", { x1: at, x2: at, y1: y(0), y2: y(1), stroke: "var(--sweet)", "stroke-width": 2, "stroke-dasharray": "2 4" }));
  }
  const sorted = [...points].sort((a, b) => a.in_flight - b.in_flight);
  svg.append(element("path", { d: path(sorted.map((p) => [x(p.in_flight), y(p.p99_ms / slowest)])), fill: "none", stroke: "var(--three)", "stroke-width": 2, "stroke-dasharray": "5 4" }),
    element("path", { d: path(sorted.map((p) => [x(p.in_flight), y(p.throughput / most)])), fill: "none", stroke: "var(--one)", "stroke-width": 3, "stroke-linejoin": "round" }));
  let labelled = -Infinity;
  const newest = Math.max(0, ...sorted.map((p) => p.unix_ms));
  for (const p of sorted) {
    const isSweet = p.limit === knee.sweet_spot;
    const at = { cx: x(p.in_flight), cy: y(p.throughput / most) };
    const dot = element("circle", { ...at, r: isSweet ? 7 : 4.5, fill: isSweet ? "var(--sweet)" : "var(--one)", opacity: newest - p.unix_ms > STALE_AFTER_MS ? 0.4 : 1 });
    dot.append(element("title", {}, `limit ${p.limit}: ${Math.round(p.throughput)}/s, p99 ${p.p99_ms.toFixed(1)} ms`));
    svg.append(dot);
    if (p.limit !== held && !isSweet && at.cx - labelled < 18) continue;
    labelled = at.cx;
    svg.append(element("text", { x: at.cx, y: at.cy - 11, "text-anchor": "middle" }, `${p.limit}${p.limit === held ? " held" : ""}`));
  }
  for (const p of live)
    svg.append(element("circle", { cx: x(p.in_flight), cy: y(p.throughput / most), r: 8, fill: "none", stroke: "var(--text)", "stroke-width": 2 }));
  host.replaceChildren(svg);
}
