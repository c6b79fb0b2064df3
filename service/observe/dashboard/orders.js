// An operator's orders: by POST, with the token, to this page's own origin. The sidecar decides what is allowed;
// what makes no sense now is marked so, but can still be reached and asked for.
import { at, make, say } from "/dom.js";

const BUTTONS = { pin: "Pin this limit", unpin: "Unpin", retune: "Retune", pause: "Pause", resume: "Resume" };
const DONE = { pin: "the limit is pinned", unpin: "the tuner has the limit back", retune: "the tuner searches anew",
  pause: "the tuner is paused", resume: "the tuner goes on", log_level: "the log level is set" };

async function send(action) {
  const order = { action, limit: Number(at("pin-limit").value), for: at("pin-for").value, level: at("level").value,
    comment: at("comment").value };
  const answer = await fetch("/api/order", { method: "POST", body: JSON.stringify(order),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${at("token").value}` } })
    .catch(() => null);
  const problem = !answer ? "the sidecar cannot be reached" : answer.ok ? "" : (await answer.json()).error;
  at("answer").className = problem ? "refused" : "";
  say("answer", problem ? `Refused: ${problem}` : `Done: ${DONE[action]}`);
}

function button(action, text) {
  return make("button", { type: "submit", value: action, textContent: text, id: `order-${action}` });
}

export function offer(actions, status) {
  at("operator").hidden = actions.length === 0;
  at("pin-limit").max = status.limit_max;
  at("pin-limit").min = status.limit_min;
  if (at("buttons").children.length > 0) return;  // offered before; what was typed stays
  at("pin-limit").value = status.held_limit;
  at("buttons").replaceChildren(...Object.keys(BUTTONS).filter((action) => actions.includes(action))
    .map((action) => button(action, BUTTONS[action])));
  at("level-button").replaceChildren(button("log_level", "Set log level"));
}

export function suit(status) {
  const isPaused = status.state === "paused";
  const senseless = { unpin: !status.pinned, pause: status.pinned || isPaused, resume: status.pinned || !isPaused };
  for (const [action, is] of Object.entries(senseless)) at(`order-${action}`)?.setAttribute("aria-disabled", is);
}

at("order").addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.submitter ? event.submitter.value : "pin");
});
