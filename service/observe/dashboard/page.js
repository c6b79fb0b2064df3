// Draws what the sidecar tells by /events. Keeps ten minutes and a hundred verdicts, no more.
import { Charts } from "/charts.js";
import { drawKnee } from "/knee.js";

const MOST_SAMPLES = 600;
const MOST_VERDICTS = 100;
const BUTTONS = { pin: "Pin this limit", unpin: "Unpin", retune: "Unpin and retune", pause: "Pause", resume: "Resume",
  log_level: "Set log level" };

const at = (id) => document.getElementById(id);
const say = (id, text) => { if (at(id).textContent !== String(text)) at(id).textContent = text; };
const figure = (value, digits = 0) => Number(value).toLocaleString("en", { maximumFractionDigits: digits });
const clock = (ms) => new Date(ms).toLocaleTimeString();

const state = { samples: [], knee: { points: [] }, status: null };
let charts = null;

function make(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function span(ms) {
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return `${Math.floor(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

function showStatus(status) {
  state.status = status;
  say("state", status.pinned ? "pinned" : status.state);
  say("mode", `mode ${status.mode}`);
  say("objective", `objective ${status.objective}`);
  say("limit", figure(status.held_limit));
  say("limit-more", status.limit === status.held_limit ? "permits, held" : `held; trying ${status.limit} now`);
  say("in-flight", figure(status.in_flight));
  say("queued", figure(status.queued));
  say("saturation", `saturation ${figure(status.saturation, 2)}`);
  say("throughput", figure(status.throughput));
  say("p99", status.throughput > 0 ? `${figure(status.p99_ms, 1)} ms` : "–");
  say("p50", status.throughput > 0 ? `p50 ${figure(status.p50_ms, 1)} ms, last 10 s` : "no answers yet");
  say("uptime", span(status.uptime_ms));
  at("shadow").hidden = status.mode !== "shadow";
  say("would-queue", figure(status.would_queue));
  say("would-shed", figure(status.would_shed));
}

// While the tuner holds, what it holds is the sweet spot; before, the curve alone may tell.
function showKnee() {
  const { knee, status } = state;
  const holds = ["hold", "probe"].includes(status.state) && !status.pinned;
  const spot = holds ? status.held_limit : knee.sweet_spot;
  drawKnee(at("knee"), { ...knee, sweet_spot: spot }, state.samples[state.samples.length - 1], status.held_limit);
  if (!knee.sentence) return;
  const who = holds ? `The tuner holds ${status.held_limit}. ` : "";
  say("knee-sentence", `${who}The curve by itself says ${knee.sentence}. Confidence ${Math.round(100 * knee.confidence)} %.`);
}

function fillKneeTable() {
  const rows = state.knee.points.map((p) => make("tr", {}, ...[p.limit, p.in_flight.toFixed(1), figure(p.throughput),
    p.p50_ms.toFixed(1), p.p99_ms.toFixed(1), clock(p.unix_ms)].map((text) => make("td", { textContent: text }))));
  document.querySelector("#knee-table tbody").replaceChildren(...rows);
}

function evidence(verdict) {
  if (!verdict.lo || !verdict.hi) return "";
  const arm = (a) => `${a.limit}: ${figure(a.throughput)}/s, p99 ${figure(a.p99_ms, 1)} ms`;
  return `${arm(verdict.lo)} · ${arm(verdict.hi)} · elasticity ${verdict.elasticity.toFixed(2)} (needs ${verdict.e_star}), z ${verdict.z.toFixed(1)}`;
}

function verdictItem(verdict) {
  const moved = verdict.from !== verdict.to;
  const item = make("li", { className: moved ? "moved" : "" },
    make("div", { className: "head" },
      make("span", { className: "move", textContent: moved ? `${verdict.from} → ${verdict.to}` : `stays ${verdict.to}` }),
      make("code", { textContent: verdict.reason }),
      make("time", { textContent: clock(verdict.unix_ms), dateTime: new Date(verdict.unix_ms).toISOString() })),
    make("p", { textContent: verdict.sentence }));
  if (verdict.comment) item.append(make("p", { className: "evidence", textContent: `“${verdict.comment}”` }));
  const figures = evidence(verdict);
  if (figures) item.append(make("p", { className: "evidence", textContent: figures }));
  return item;
}

function addVerdict(verdict) {
  const list = at("verdicts");
  list.prepend(verdictItem(verdict));
  while (list.children.length > MOST_VERDICTS) list.lastChild.remove();
}

function showClasses(classes) {
  const rows = classes.flatMap(({ name, outcomes, sheds }) => [
    ...Object.entries(outcomes), ...Object.entries(sheds).map(([reason, count]) => [`shed: ${reason}`, count])]
    .filter(([ending, count]) => count > 0 || ending === "success")
    .map(([ending, count]) => [name, ending, figure(count)]));
  const body = document.querySelector("#classes tbody");
  while (body.children.length > rows.length) body.lastChild.remove();
  rows.forEach((row, i) => {
    if (!body.children[i]) body.append(make("tr", {}, make("td"), make("td"), make("td")));
    row.forEach((text, j) => { body.children[i].children[j].textContent = text; });
  });
}

function showSample(sample) {
  state.samples.push(sample);
  if (state.samples.length > MOST_SAMPLES) state.samples.shift();
  say("shed", figure(sample.shed));
  if (document.hidden) return;
  charts.show(state.samples);
  showKnee();
}

async function send(action) {
  const order = { action, limit: Number(at("pin-limit").value), level: at("level").value, comment: at("comment").value };
  const answer = await fetch("/api/order", { method: "POST", body: JSON.stringify(order),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${at("token").value}` } })
    .catch(() => null);
  const problem = !answer ? "the sidecar cannot be reached" : answer.ok ? "" : (await answer.json()).error;
  at("answer").className = problem ? "refused" : "";
  say("answer", problem ? `Refused: ${problem}` : `Done: ${BUTTONS[action].toLowerCase()}`);
}

function offer(actions, status) {
  at("operator").hidden = actions.length === 0;
  at("pin-limit").max = status.limit_max;
  at("pin-limit").min = status.limit_min;
  at("buttons").replaceChildren(...Object.keys(BUTTONS).filter((action) => actions.includes(action))
    .map((action) => make("button", { type: "submit", value: action, textContent: BUTTONS[action] })));
}

function begin(hello) {
  Object.assign(state, { samples: hello.samples, knee: hello.knee });
  charts ??= new Charts();
  say("upstream", hello.upstream);
  say("version", hello.version);
  showStatus(hello.status);
  offer(hello.actions, hello.status);
  at("verdicts").replaceChildren();
  hello.verdicts.forEach(addVerdict);
  showClasses(hello.classes);
  charts.show(state.samples);
  fillKneeTable();
  showKnee();
}

function listen() {
  const events = new EventSource("/events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("hello", (hello) => { begin(hello); say("link", "live"); at("link").className = "badge quiet"; });
  on("sample", (news) => { showStatus(news.status); showClasses(news.classes); showSample(news.sample); });
  on("verdict", (news) => {
    state.knee = news.knee;
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

at("order").addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.submitter ? event.submitter.value : "pin");
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts?.repaint(state.samples));
addEventListener("resize", () => { if (state.status) showKnee(); });
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && charts) { charts.show(state.samples); showKnee(); }
});
listen();
