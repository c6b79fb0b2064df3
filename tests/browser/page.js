// Drives the page through a climb, as a person would, and prints what it saw as JSON.
// Usage: node page.js URL TOKEN FOLDER SHADOW_URL   (screenshots go to FOLDER)
"use strict";
const { chromium } = require("playwright-core");

const [url, token, folder, shadowUrl] = process.argv.slice(2);
const seen = { console: [], requests: [], shots: [] };

function listen(page) {
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) seen.console.push(message.text()); });
  page.on("pageerror", (error) => seen.console.push(String(error)));
  page.on("request", (request) => seen.requests.push(request.url()));
}

async function shoot(page, name) {
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  seen.shots.push(name);
}

const text = (page, selector) => page.locator(selector).first().textContent();

async function order(page, button, answer) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await page.waitForFunction((wanted) => document.getElementById("answer").textContent.startsWith(wanted), answer);
}

// What moved after the first paint, as the browser itself measures it. A new verdict moves those
// below it in their list, which is what a list is for.
const observeLayout = () => {
  window.shifts = 0;
  window.moved = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    const list = document.getElementById("verdicts");
    const moved = entry.sources.filter((source) => !(list && list.contains(source.node)));
    if (entry.hadRecentInput || moved.length === 0) return;
    window.shifts += entry.value;
    window.moved.push(...moved.map((source) => source.node && (source.node.id || source.node.className || source.node.nodeName)));
  })).observe({ type: "layout-shift", buffered: true });
};

async function climb(page) {
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById("link").textContent === "live");
  await page.waitForFunction(() => Number(document.getElementById("limit").textContent) >= 4, null, { timeout: 60000 });
  await shoot(page, "climbing");
  await page.waitForFunction(() => ["hold", "probe"].includes(document.getElementById("state").textContent), null, { timeout: 60000 });
  await page.waitForFunction(() => document.getElementById("headline").textContent.includes("in flight"), null, { timeout: 60000 });
  seen.settled = await text(page, "#limit");
  seen.knee = await text(page, "#headline");
  seen.elasticities = await page.locator("#knee svg rect title").allTextContents();
  seen.verdicts = await page.locator("#verdicts li").count();
  seen.points = await page.locator("#knee svg circle").count();
  seen.charts = await page.locator(".plot canvas").count();
  await shoot(page, "held");
}

const becomes = (page, state) => page.waitForFunction((wanted) => document.getElementById("state").textContent === wanted, state);
const leaves = (page, state) => page.waitForFunction((old) => document.getElementById("state").textContent !== old, state);

async function steer(page) {
  await page.fill("#token", "not the token at all");
  await page.fill("#pin-limit", "5");
  await order(page, "Pin this limit", "Refused");
  seen.refused = await text(page, "#answer");
  await page.fill("#token", token);
  await page.fill("#comment", "<img src=x onerror=alert(1)> \u001b[31m \"quoted\"");
  await page.selectOption("#pin-for", "1h");
  await order(page, "Pin this limit", "Done");
  await becomes(page, "pinned");
  await page.waitForFunction(() => document.getElementById("limit").textContent === "5");
  seen.pinned = await text(page, "#limit-more");
  seen.comment = await text(page, "#verdicts li .evidence");
  seen.injected = await page.locator("#verdicts img").count();
  await shoot(page, "pinned");
  await page.fill("#comment", "");
  await order(page, "Unpin", "Done");
  await leaves(page, "pinned");
  await order(page, "Pause", "Done");
  await becomes(page, "paused");
  await order(page, "Resume", "Done");
  await leaves(page, "paused");
  await order(page, "Retune", "Done");
  await page.selectOption("#level", "debug");
  await order(page, "Set log level", "Done");
}

// Every control can be reached by Tab, has a name, and shows where the focus is.
async function walk(page) {
  await page.evaluate(() => { document.body.tabIndex = -1; document.body.focus(); });
  seen.focus = [];
  for (let i = 0; i < 20; i += 1) {
    await page.keyboard.press("Tab");
    seen.focus.push(await page.evaluate(() => {
      const focused = document.activeElement;
      return [focused.id || focused.className || focused.tagName, getComputedStyle(focused).outlineStyle !== "none"];
    }));
  }
  seen.tree = await page.locator("body").ariaSnapshot();
}

// Texts whose contrast to what is behind them is below what WCAG 2.2 asks for (1.4.3: 4.5 to 1).
const faint = () => {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => parse(color).slice(0, 3)
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parse(color)[3] ?? 1) > 0.5) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest("script,style,title,noscript,option")) continue;
    if (node.namespaceURI.endsWith("svg") && /pill|inside/.test(node.getAttribute("class"))) continue;  // on a fill of the drawing
    const style = getComputedStyle(node);
    const [one, other] = [node.namespaceURI.endsWith("svg") ? style.fill : style.color, behind(node)].map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.push(`${walker.currentNode.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
};

async function look(browser, options, name, address = url) {
  const page = await (await browser.newContext(options)).newPage();
  listen(page);
  if (name === "plain") await page.route("**/uplot.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await page.goto(address);
  await page.waitForFunction(() => document.querySelectorAll("#verdicts li").length > 0);
  await page.waitForFunction(() => document.querySelector("#classes tbody td:nth-child(4)").textContent !== "–");  // a second later
  seen[`${name}_overflow`] = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  seen.faint = { ...seen.faint, [name]: await page.evaluate(faint) };
  if (name === "plain") seen.plain = await page.locator("p.plain").allTextContents();
  if (name === "shadow") seen.down = await text(page, "#down");
  if (name === "shadow") seen.shadow = [await text(page, "#headline"), await text(page, "#knee-title"), await text(page, "#knee-sentence"), await text(page, "#would-queue")];
  await shoot(page, name);
  await page.context().close();
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "light" })).newPage();
    listen(page);
    await page.addInitScript(observeLayout);
    await climb(page);
    seen.layout_shift = await page.evaluate(() => window.shifts);
    seen.moved = await page.evaluate(() => window.moved);
    seen.first_paint_ms = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
    await look(browser, { viewport: { width: 1280, height: 900 }, colorScheme: "light" }, "light");
    await look(browser, { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }, "dark");
    await look(browser, { viewport: { width: 1280, height: 900 } }, "plain");
    await look(browser, { viewport: { width: 1280, height: 900 } }, "shadow", shadowUrl);
    await look(browser, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, colorScheme: "light" }, "phone");
    if (token) {
      await steer(page);
      await walk(page);
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}

main().catch((error) => { console.error(error); console.log(JSON.stringify(seen)); process.exit(1); });
