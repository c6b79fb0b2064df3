// Reads requests as lines of hexadecimal digits, gives each to a server of node's own over a real
// socket, and writes what it understood as a line of JSON.
'use strict';
const http = require('http');
const net = require('net');
const readline = require('readline');

const server = http.createServer({maxHeaderSize: 1 << 20, keepAlive: true});
let seen;
const take = (request, response) => {
  const body = [];
  request.on('data', (part) => body.push(part));
  request.on('end', () => {
    seen({
      line: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
      fields: request.rawHeaders, body: Buffer.concat(body).toString('hex'), trailers: request.rawTrailers,
    });
    if (response.end) response.end();
  });
};
server.on('request', take);
server.on('checkContinue', take);
server.on('checkExpectation', take);
server.on('upgrade', (request, socket, head) => {
  seen({line: `${request.method} ${request.url} HTTP/${request.httpVersion}`, fields: request.rawHeaders,
        body: head.toString('hex'), trailers: []});
  socket.destroy();
});
server.on('clientError', (error, socket) => {
  seen({error: error.code});
  socket.destroy();
});

const parse = (bytes) => new Promise((resolve) => {
  const client = net.connect(server.address().port, '127.0.0.1', () => client.write(bytes));
  client.on('error', () => {});
  seen = (what) => {
    client.destroy();
    resolve(what);
  };
});

server.listen(0, '127.0.0.1', async () => {
  for await (const line of readline.createInterface({input: process.stdin})) {
    console.log(JSON.stringify(await parse(Buffer.from(line, 'hex'))));
  }
  server.close();
  process.exit(0);
});
