// Draws what the sidecar tells by /events. Keeps ten minutes and a hundred verdicts, no more.
import { Charts } from "/charts.js";
import { Classes } from "/classes.js";
import { at, clock, figure, make, ms, percent, say, span } from "/dom.js";
import { drawKnee } from "/knee.js";
import { offer, suit } from "/orders.js";
import { addVerdict, MOST_VERDICTS, showVerdicts } from "/verdicts.js";

const MOST_SAMPLES = 600;

const state = { samples: [], verdicts: [], knee: { points: [] }, status: null };
const classes = new Classes(document.querySelector("#classes tbody"));
let charts = null;

function stateWord(status) {
  if (status.draining) return "draining";
  return status.pinned ? "pinned" : status.state;
}

function limitWords(status) {
  if (status.mode !== "enforce") return "permits, not enforced";
  if (status.pin_expires_ms > 0) return `pinned until ${clock(status.pin_expires_ms)}`;
  if (status.pinned) return "pinned by an operator";
  return status.limit === status.held_limit ? "permits, held" : `held; trying ${status.limit} now`;
}

function showDown(addresses) {
  const words = addresses.map((a) => `${a.address} is down since ${clock(a.since_ms)}: ${a.problem}`);
  at("down").hidden = words.length === 0;
  say("down", words.join("; "));
}

function showStatus(status) {
  state.status = status;
  showDown(status.addresses_down);
  say("state", stateWord(status));
  at("state").dataset.state = stateWord(status);
  say("mode", `mode ${status.mode}`);
  say("objective", `objective ${status.objective}`);
  say("limit", figure(status.held_limit));
  say("limit-more", limitWords(status));
  say("in-flight", figure(status.in_flight));
  say("queued", figure(status.queued));
  say("saturation", `saturation ${figure(status.saturation, 2)}`);
  say("throughput", figure(status.throughput));
  say("p99", status.throughput > 0 ? ms(status.p99_ms) : "–");
  say("p50", status.throughput > 0 ? `p50 ${ms(status.p50_ms)}` : "no answers yet");
  say("uptime", span(status.uptime_ms));
  suit(status);
}

// In mode shadow nothing is held back: the curve is what demand alone has drawn, and the limit is advice.
function showShadow(status) {
  const { would_shed: shed, would_queue: queued } = status;
  const all = Math.max(status.requests, shed + queued);
  const shares = { "would-pass": all - shed - queued, "would-queue": queued, "would-shed": shed };
  for (const [id, count] of Object.entries(shares)) {
    say(id, `${figure(count)} (${percent(count, all)})`);
    at(`${id}-bar`).style.flexGrow = count;
  }
  say("knee-sentence", `Mode shadow holds nothing back and refuses nothing. Of ${figure(all)} requests since the start, the limit `
    + `(${status.limit} now) would have made ${percent(queued, all)} wait and refused ${percent(shed, all)}.`);
}

function headline(knee, status, spot) {
  const { held_limit: held } = status;
  const sure = spot === knee.sweet_spot ? `, ${Math.round(100 * knee.confidence)} % sure` : "";
  if (status.mode === "shadow") return spot ? `would hold ${spot}${sure}` : "too little is known yet to advise";
  if (status.pinned) return spot ? `pinned at ${held}; the curve says ${spot}` : `pinned at ${held}`;
  if (hasSettled(status) && knee.points.length > 1 && spot !== held)
    return `${held} in flight held; the curve ${spot ? `says ${spot}` : "still rises"}`;
  if (!spot) return knee.points.length ? "still climbing" : "not known yet";
  return `${spot} in flight${sure}`;
}

// Why the limit that is held is not a larger one: the newest comparison that tried.
function whyHeld(held) {
  return state.verdicts.findLast((v) => v.to === held && v.lo?.limit === held && v.hi)?.sentence;
}

const hasSettled = (status) => !["start", "climb", "pinned", "paused"].includes(status.state);

// The sweet spot is the curve's, as the API tells it, too; what is held may be another limit.
function showKnee() {
  const { knee, status } = state;
  const isShadow = status.mode === "shadow";
  const spot = isShadow ? status.advised_limit : knee.sweet_spot;
  at("shadow").hidden = !isShadow;
  say("knee-title", isShadow ? "What enforcing would have done" : "The knee");
  drawKnee(at("knee"), { ...knee, sweet_spot: spot }, state.samples, status.held_limit);
  say("headline", headline(knee, status, spot));
  if (isShadow) return showShadow(status);
  const why = (hasSettled(status) && whyHeld(status.held_limit)) || knee.sentence;
  if (why) say("knee-sentence", `${why}.`);
}

function fillKneeTable() {
  const { points, steps } = state.knee;
  const elasticity = (limit) => steps.find((step) => step.to === limit)?.elasticity.toFixed(2) ?? "";
  const rows = points.map((p) => make("tr", {}, ...[p.limit, p.in_flight.toFixed(1), figure(p.throughput),
    p.p50_ms.toFixed(1), p.p99_ms.toFixed(1), elasticity(p.limit), clock(p.unix_ms) + (p.stale ? ", not judged" : "")]
    .map((text) => make("td", { textContent: text }))));
  document.querySelector("#knee-table tbody").replaceChildren(...rows);
}

function showSample(sample) {
  state.samples.push(sample);
  if (state.samples.length > MOST_SAMPLES) state.samples.shift();
  say("shed", figure(sample.shed));
  if (document.hidden) return;
  charts.show(state.samples);
  showKnee();
}

function begin(hello) {
  Object.assign(state, { samples: hello.samples, verdicts: hello.verdicts, knee: hello.knee });
  charts ??= new Charts();
  say("upstream", hello.upstream);
  say("queue", hello.queue);
  say("version", hello.version);
  offer(hello.actions, hello.status);
  showStatus(hello.status);
  showVerdicts(hello.verdicts);
  classes.show(hello.classes, hello.unix_ms);
  charts.show(state.samples);
  fillKneeTable();
  showKnee();
}

function listen() {
  const events = new EventSource("/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("hello", (hello) => { begin(hello); say("link", "live"); at("link").className = "badge quiet"; });
  on("sample", (news) => {
    showStatus(news.status);
    classes.show(news.classes, news.sample.unix_ms);
    showSample(news.sample);
  });
  on("curve", (news) => {
    state.knee = news.knee;
    fillKneeTable();
    showKnee();
  });
  on("verdict", (news) => {
    state.knee = news.knee;
    state.verdicts = [...state.verdicts.slice(-MOST_VERDICTS + 1), news.verdict];
    showStatus(news.status);
    addVerdict(news.verdict);
    say("latest", news.verdict.sentence);
    fillKneeTable();
    showKnee();
  });
  events.addEventListener("error", () => {
    say("link", "connection lost, trying again");
    at("link").className = "badge lost";
    // A refused stream is not tried again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts?.repaint(state.samples));
addEventListener("resize", () => { if (state.status) showKnee(); });
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && charts) { charts.show(state.samples); showKnee(); }
});
listen();
