/** The project's own modules as a parser sees them, and what is wrong with one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';
import { root } from '../support/binaries';

export interface Module {
  /** Relative to the repository, with forward slashes. */
  path: string;
  text: string;
}

/** Each layer may import itself and what stands left of it. */
const ENGINE = ['syntax', 'facts', 'models', 'program', 'analysis', 'rules', 'service'] as const;
const LAYERS: readonly string[] = [...ENGINE, 'host'];
/** Both stand on top of everything and know nothing of each other. */
const TOPS: readonly string[] = ['lsp', 'cli'];

/** Packages without files, processes or an editor; the engine runs on them in a browser as well. */
const PURE_PACKAGES = new Set(['web-tree-sitter', 'zod']);
const PARSER_MODULE = 'server/src/syntax/parser.ts';

/** What a module can reach without importing it, and what the engine must be handed instead. */
const AMBIENT = new Set([
  'process',
  'Buffer',
  'console',
  'performance',
  'Date',
  'fetch',
  'require',
  '__dirname',
  '__filename',
]);

/** All TypeScript modules below these folders of the repository, sorted. */
export function modulesBelow(...folders: string[]): Module[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts') && !path.includes('/node_modules/'))
      .sort()
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  );
}

interface AstNode {
  type: string;
  [key: string]: unknown;
}

/** Every node of the module's tree, parents first. Throws where the module does not parse. */
function nodesOf({ text }: Module): AstNode[] {
  const nodes: AstNode[] = [];
  const queue: unknown[] = [parseAst(text, { lang: 'ts' })];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (Array.isArray(at)) queue.push(...at.filter((item) => item !== null));
    if (!isNode(at)) continue;
    nodes.push(at);
    for (const child of Object.values(at)) if (typeof child === 'object' && child !== null) queue.push(child);
  }
  return nodes;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** What a module imports, in whatever form: declarations, re-exports, types, dynamic imports, `require`. */
export function importsOf(module: Module): string[] {
  return nodesOf(module).flatMap((node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
      case 'ImportExpression':
      case 'TSImportType':
        return literal(node.source);
      case 'TSExternalModuleReference':
        return literal(node.expression);
      case 'CallExpression':
        return isIdentifier(node.callee, 'require') && Array.isArray(node.arguments)
          ? literal(node.arguments[0])
          : [];
      default:
        return [];
    }
  });
}

function literal(node: unknown): string[] {
  if (!isNode(node)) return [];
  return typeof node.value === 'string' ? [node.value] : ['(computed)'];
}

function isIdentifier(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name;
}

/** Imports that go the wrong way, one sentence each. */
export function importProblems(module: Module): string[] {
  const layer = layerOf(module.path);
  return importsOf(module).flatMap((source) => {
    const reason = source.startsWith('.')
      ? wrongNeighbour(layer, layerOf(posix.join(posix.dirname(module.path), source)))
      : wrongPackage(module.path, layer, source);
    return reason ? [`${module.path} imports ${source}: ${reason}`] : [];
  });
}

/** `syntax` of `server/src/syntax/tree.ts`; `client` of all of the client; the path itself elsewhere. */
function layerOf(path: string): string {
  const [, layer] = /^server\/src\/([^/]+)\//.exec(path) ?? [];
  if (layer) return layer;
  return path.startsWith('client/') ? 'client' : path;
}

function wrongNeighbour(from: string, to: string): string | undefined {
  if (from === to) return undefined;
  // Its name and version are what a program says of itself.
  if (to === 'package.json' && !ENGINE.some((one) => one === from)) return undefined;
  const rank = LAYERS.indexOf(to);
  if (from === 'client') return 'the client holds no analysis';
  if (rank < 0) return `nothing imports from ${to}`;
  if (TOPS.includes(from) || rank < LAYERS.indexOf(from)) return undefined;
  return `${from} stands below ${to}`;
}

function wrongPackage(path: string, layer: string, source: string): string | undefined {
  const name = source.startsWith('@') ? source.split('/').slice(0, 2).join('/') : source.split('/')[0];
  if (name === 'vscode') return layer === 'client' ? undefined : 'only the client runs in the editor';
  if (name === 'vscode-languageclient') return layer === 'client' ? undefined : 'only the client is a client';
  if (name?.startsWith('vscode-')) return layer === 'lsp' ? undefined : 'only lsp speaks the protocol';
  if (name === 'web-tree-sitter') {
    return path === PARSER_MODULE ? undefined : `trees are made in ${PARSER_MODULE} alone`;
  }
  const isEngine = ENGINE.some((one) => one === layer);
  return !isEngine || PURE_PACKAGES.has(name ?? '') ? undefined : 'the engine touches no files and processes';
}

/** Uses of what only a host may touch, in a module of the engine. */
export function ambientProblems(module: Module): string[] {
  if (!ENGINE.some((one) => one === layerOf(module.path))) return [];
  const nodes = nodesOf(module);
  const own = new Set(nodes.flatMap(declaredName));
  const hidden = new Set(
    nodes.flatMap((node) => {
      if (node.type === 'MemberExpression' && !node.computed) return [node.property];
      return node.type === 'Property' && !node.shorthand ? [node.key] : [];
    }),
  );
  return nodes.flatMap((node) => {
    const name = node.type === 'Identifier' && !hidden.has(node) ? String(node.name) : '';
    return AMBIENT.has(name) && !own.has(name) ? [`${module.path} uses ${name}`] : [];
  });
}

function declaredName(node: AstNode): string[] {
  const declares = /^(?:Import\w*Specifier|VariableDeclarator|FunctionDeclaration)$/.test(node.type);
  const id = node.type.startsWith('Import') ? node.local : node.id;
  return declares && isNode(id) && typeof id.name === 'string' ? [id.name] : [];
}

/** Cursors that nobody deletes: `.walk()` outside of the module that owns them. */
export function cursorProblems(module: Module): string[] {
  if (module.path === PARSER_MODULE) return [];
  return nodesOf(module).flatMap((node) => {
    if (node.type !== 'CallExpression' || !Array.isArray(node.arguments) || node.arguments.length > 0)
      return [];
    const { callee } = node;
    const isWalk =
      isNode(callee) && callee.type === 'MemberExpression' && isIdentifier(callee.property, 'walk');
    return isWalk ? [`${module.path} calls .walk()`] : [];
  });
}

/** Types written as `any`. */
export function anyProblems(module: Module): string[] {
  return nodesOf(module).flatMap((node) =>
    node.type === 'TSAnyKeyword' ? [`${module.path} has a type \`any\``] : [],
  );
}

export function linesOf({ text }: Module): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
