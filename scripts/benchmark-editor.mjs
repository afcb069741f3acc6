// Measures what an editor waits for: from an edit sent to the packaged server to the file's new findings.
//
//     node scripts/benchmark-editor.mjs FOLDER FILE
//
// Each edit takes a lock twice in a body, or takes that back, so that every edit changes what is shown. Times are
// those of the clock, in milliseconds, with the server's own pause after typing. The first edit comes two seconds
// behind the first findings.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { build } from './build.mjs';
import { root } from './setup.mjs';

const EDITS = 8;
/** Milliseconds between the first findings and the first edit. */
const REST = 2000;
const BAD =
  'static pthread_mutex_t benchmark_m; pthread_mutex_lock(&benchmark_m); pthread_mutex_lock(&benchmark_m);\n';

let version = 1;
const [given, name] = process.argv.slice(2);
if (!given || !name) throw new Error('name a folder, and a file in it');
const folder = resolve(given);
const file = readdirSync(folder, { recursive: true })
  .map((one) => join(folder, one))
  .find((one) => basename(one) === name);
if (!file) throw new Error(`no file ${name} in ${folder}`);
const text = readFileSync(file, 'utf8');
const uri = pathToFileURL(file).href;

await build();
const server = spawn(process.execPath, [join(root, 'dist/threadlint-server.cjs'), '--stdio'], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const connection = createProtocolConnection(
  new StreamMessageReader(server.stdout),
  new StreamMessageWriter(server.stdin),
);
let shown;
connection.onNotification('textDocument/publishDiagnostics', (pushed) => {
  if (pushed.uri === uri) shown?.(pushed.diagnostics.length);
});
const nextShown = () =>
  new Promise((done) => {
    shown = done;
  });
connection.onRequest('window/workDoneProgress/create', () => null);
connection.onRequest('client/registerCapability', () => null);
connection.listen();
await connection.sendRequest('initialize', {
  processId: process.pid,
  rootUri: pathToFileURL(folder).href,
  workspaceFolders: [{ uri: pathToFileURL(folder).href, name: basename(folder) }],
  capabilities: {},
});
const started = performance.now();
const first = nextShown();
await connection.sendNotification('initialized', {});
await open(withBad(0));
await first;
console.log(`first findings of ${name} after ${Math.round(performance.now() - started)} ms`);

// Nobody types in the moment in which the first findings come.
await new Promise((rested) => setTimeout(rested, REST));
const times = [];
for (let i = 1; i <= EDITS; i++) {
  const waiting = nextShown();
  const since = performance.now();
  await change(i % 2 === 0 ? text : withBad(i));
  await waiting;
  times.push(Math.round(performance.now() - since));
}
console.log(`edits: ${times.join(' ')} ms, median ${times.sort((a, b) => a - b)[EDITS / 2]} ms`);
await connection.sendRequest('shutdown');
await connection.sendNotification('exit');

/** The text with a lock taken twice at the beginning of some body. */
function withBad(i) {
  const at = text.indexOf(') {\n', Math.floor((text.length * i) / (EDITS + 2))) + 4;
  return text.slice(0, at) + BAD + text.slice(at);
}

async function open(now) {
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'c', version: 1, text: now },
  });
}

async function change(now) {
  await connection.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: ++version },
    contentChanges: [{ text: now }],
  });
}
