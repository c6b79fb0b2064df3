// Opens a WebSocket from a page that the same proxy serves, sends messages and prints, as JSON, what
// came back.   Usage: node websocket.js HOST:PORT
"use strict";
const { chromium } = require("playwright-core");

const address = process.argv[2];

const talk = (url) => new Promise((resolve, reject) => {
  const socket = new WebSocket(url);
  const got = [];
  const messages = ["first", "ä€🙂", "x".repeat(300000)];
  socket.binaryType = "arraybuffer";
  socket.onerror = () => reject(new Error("the socket failed"));
  socket.onopen = () => messages.forEach((message) => socket.send(message));
  socket.onmessage = (event) => {
    got.push(event.data === messages[got.length]);
    if (got.length === messages.length) socket.close(1000, "done");
  };
  socket.onclose = (event) => resolve({ got, code: event.code, reason: event.reason, clean: event.wasClean });
});

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage();
  await page.goto(`http://${address}/page`);
  console.log(JSON.stringify(await page.evaluate(talk, `ws://${address}/echo`)));
  await browser.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
