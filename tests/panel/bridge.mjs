// SPDX-License-Identifier: MIT
// What chair-web does for the panel, for development and for tests without it: the built files, and the WebSocket /rpc
// carried to chaird's panel.sock. Stand-alone: node tests/panel/bridge.mjs SOCKET [PORT] [CONFIG-JSON]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const panel = join(here, '../../panel');
const { WebSocketServer } = createRequire(join(panel, 'package.json'))('ws');

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";
const RETRY_MS = 300;

/** @options: socket (path), port (0 = any), config (of the kiosk), phones, paired (a phone that is, or is not yet). */
export async function startBridge(options) {
  const state = { phones: options.phones ?? [], mute: false, hold: false, paired: options.paired ?? null };
  const clients = new Set();

  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://x').pathname);
    const name = path === '/' ? '/index.html' : path;

    response.setHeader('Content-Security-Policy', CSP);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-cache');
    if (name === '/config.json') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(options.config ?? {}));
      return;
    }
    if (name === '/pair' && state.paired !== null) {
      response.setHeader('Content-Type', 'application/json');
      await answerPair(request, response);
      return;
    }
    try {
      const packed = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      const body = await readFile(join(panel, 'dist', name + (packed ? '.gz' : '')));
      if (packed) {
        response.setHeader('Content-Encoding', 'gzip');
      }
      response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  /** As chair-web does for a phone: the code is shown at the chair, here it is always the same. */
  async function answerPair(request, response) {
    const chunks = [];

    for await (const chunk of request) {
      chunks.push(chunk);
    }
    if (request.method === 'GET') {
      response.end(JSON.stringify({ paired: state.paired }));
      return;
    }
    const { code } = JSON.parse(Buffer.concat(chunks).toString());
    if (code === undefined) {
      response.statusCode = 202;
      response.end('{"shown":true,"expires_s":120}');
    } else if (code === '042917') {
      state.paired = true;
      response.end('{"paired":true,"id":1}');
    } else {
      response.statusCode = 403;
      response.end('{"reason":"wrong_code","tries_left":4}');
    }
  }
  const sockets = new WebSocketServer({ noServer: true });

  server.on('upgrade', (request, socket, head) => {
    if (state.hold || state.paired === false || new URL(request.url, 'http://x').pathname !== '/rpc') {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => carry(ws));
  });

  function carry(ws) {
    let chaird = null;
    let rest = '';
    const note = (method, params) => ws.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
    const own = (message) => {
      if (message.method === 'web.phones') {
        ws.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { phones: state.phones } }));
        return true;
      }
      if (message.method === 'web.revoke') {
        state.phones = state.phones.filter((phone) => phone.id !== message.params.id);
        ws.send(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} }));
        return true;
      }
      return false;
    };
    const open = () => {
      const socket = connect(options.socket);

      socket.setEncoding('utf8');
      socket.on('connect', () => {
        chaird = socket;
        note('link', { chaird: true });
      });
      socket.on('data', (text) => {
        rest += text;
        for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
          if (!state.mute) {
            ws.send(rest.slice(0, end));
          }
          rest = rest.slice(end + 1);
        }
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        const had = chaird !== null;
        chaird = null;
        rest = '';
        if (ws.readyState === ws.OPEN) {
          if (had) {
            note('link', { chaird: false });
          }
          setTimeout(() => ws.readyState === ws.OPEN && open(), RETRY_MS);
        }
      });
      ws.once('close', () => socket.destroy());
    };

    clients.add(ws);
    ws.on('close', () => clients.delete(ws));
    ws.on('message', (data) => {
      const text = String(data);
      if (!state.mute && !own(JSON.parse(text))) {
        chaird?.write(`${text}\n`); // nothing is kept for later
      }
    });
    open();
  }

  await new Promise((done) => server.listen(options.port ?? 0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    state,
    /** Cut every connection and, until told otherwise, take no new one. */
    cut() {
      state.hold = true;
      clients.forEach((ws) => ws.terminate());
    },
    restore() {
      state.hold = false;
    },
    say(method, params) {
      clients.forEach((ws) => ws.send(JSON.stringify({ jsonrpc: '2.0', method, params })));
    },
    async stop() {
      clients.forEach((ws) => ws.terminate());
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [socket, port = '8080', config = '{}'] = process.argv.slice(2);
  if (socket === undefined) {
    console.error('usage: node tests/panel/bridge.mjs SOCKET [PORT] [CONFIG-JSON]');
    process.exit(2);
  }
  const bridge = await startBridge({ socket, port: Number(port), config: JSON.parse(config) });
  console.log(bridge.url);
}
