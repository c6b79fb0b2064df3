// Requests by class: what each has now, what it gets a second, and how its requests ended.
import { figure, make } from "/dom.js";

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const reasons = (counts) => Object.entries(counts).filter(([, count]) => count > 0)
  .map(([reason, count]) => `${reason} ${figure(count)}`).join(", ");

// Counted since the start.
function totals({ outcomes: { success, ...failures }, sheds }) {
  return { succeeded: success, failed: sum(failures), shed: sum(sheds), failures: reasons(failures), why: reasons(sheds) };
}

export class Classes {
  constructor(body) {
    this.body = body;
    this.last = null;
  }

  show(classes, unixMs) {
    const seconds = this.last ? Math.max(0.5, (unixMs - this.last.unixMs) / 1000) : 0;
    const now = classes.map(totals);
    this.fit(classes.length);
    classes.forEach((of, i) => {
      const before = this.last?.totals[i];
      const rate = (field) => (before ? figure((now[i][field] - before[field]) / seconds) : "–");
      this.fill(this.body.children[i], [[of.name, classes.length > 1 ? `priority ${of.priority}, share ${of.share}` : ""], figure(of.in_flight), figure(of.queued), rate("succeeded"), rate("shed"),
        figure(now[i].succeeded), [figure(now[i].failed), now[i].failures], [figure(now[i].shed), now[i].why]]);
    });
    this.last = { totals: now, unixMs };
  }

  fit(count) {
    while (this.body.children.length > count) this.body.lastChild.remove();
    while (this.body.children.length < count)
      this.body.append(make("tr", {}, make("th", { scope: "row" }), ...Array.from({ length: 7 }, () => make("td"))));
  }

  fill(row, cells) {
    cells.forEach((cell, i) => {
      const [text, why] = [cell].flat();
      const node = row.children[i];
      if (node.firstChild?.textContent !== text || (why ?? "") !== (node.children[0]?.textContent ?? ""))
        node.replaceChildren(text, ...(why ? [make("small", { textContent: why })] : []));
    });
  }
}
