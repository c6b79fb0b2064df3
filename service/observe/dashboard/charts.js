// Figures over time, by uPlot where it was built in; else in words.
const SHOWN = [
  { id: "flow", label: "Limit and in flight", series: [
    ["tried", "limit", "--three", true], ["held", "held_limit", "--one", true], ["in flight", "in_flight", "--two"]] },
  { id: "rate", label: "Throughput and shed", series: [
    ["throughput", "throughput", "--one"], ["shed", "shed", "--three"]] },
  { id: "backend", label: "Latency of the backend", series: [
    ["p50", "backend_p50_ms", "--one"], ["p99", "backend_p99_ms", "--three"]] },
  { id: "total", label: "Queue wait and total", series: [
    ["queue p50", "queue_p50_ms", "--two"], ["queue p99", "queue_p99_ms", "--four"],
    ["total p50", "total_p50_ms", "--one"], ["total p99", "total_p99_ms", "--three"]] },
];
const LEGEND_HEIGHT = 26;  // of one line

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const short = (value) => (value == null ? "–" : `${+value.toPrecision(3)}`);

function columns(series, samples) {
  return [samples.map((s) => s.unix_ms / 1000), ...series.map(([, field]) => samples.map((s) => s[field]))];
}

function plot(host, series) {
  const axis = () => ({ stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" });
  const stepped = window.uPlot.paths.stepped({ align: 1 });
  return new window.uPlot({
    width: host.clientWidth, height: host.clientHeight - LEGEND_HEIGHT,
    series: [{ label: "", value: "{HH}:{mm}:{ss}" }, ...series.map(([label, , name, isStep]) => ({
      label, stroke: color(name), width: 2, points: { show: false }, paths: isStep ? stepped : undefined,
      value: (_, value) => short(value) }))],
    axes: [{ ...axis(), size: 28, space: 70, values: (_, splits) => splits.map((s) => new Date(1000 * s).toLocaleTimeString("en-GB")) },
      { ...axis(), size: 48 }],
    padding: [8, 28, 0, 0],
    scales: { y: { range: (_, low, high) => [0, Math.max(1, (high || 1) * 1.1)] } },
    cursor: { y: false },
  }, columns(series, []), host);
}

class Chart {
  constructor({ id, label, series }) {
    this.host = document.getElementById(id);
    this.label = label;
    this.series = series;
    this.build();
  }

  build() {
    this.host.replaceChildren();
    this.host.setAttribute("role", "img");
    this.chart = window.uPlot ? plot(this.host, this.series) : null;
    if (!this.chart) {
      this.words = document.createElement("p");
      this.words.className = "plain";
      this.host.append(this.words);
    }
  }

  show(samples) {
    const last = samples[samples.length - 1];
    const text = last ? this.series.map(([name, field]) => `${name} ${short(last[field])}`).join(", ") : "no figures yet";
    this.host.setAttribute("aria-label", `${this.label}, now: ${text}`);
    if (this.chart) {
      this.chart.setData(columns(this.series, samples));
      // Where nobody points at a moment, the legend tells the latest.
      if (this.chart.cursor.idx == null) this.chart.setLegend({ idx: samples.length - 1 });
    } else this.words.textContent = text;
  }

  fit() {
    if (!this.chart || this.host.clientWidth === 0) return;
    const legend = this.host.querySelector(".u-legend").offsetHeight;  // of several where it is narrow
    this.chart.setSize({ width: this.host.clientWidth, height: this.host.clientHeight - Math.max(LEGEND_HEIGHT, legend) });
  }
}

export class Charts {
  constructor() {
    this.charts = SHOWN.map((what) => new Chart(what));
    new ResizeObserver(() => this.charts.forEach((chart) => chart.fit())).observe(document.querySelector("main"));
  }
  show(samples) { this.charts.forEach((chart) => chart.show(samples)); }
  repaint(samples) { this.charts.forEach((chart) => { chart.build(); chart.show(samples); }); }
}
