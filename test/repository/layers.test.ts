/** The layers import one way, and the checks that say so do find what is wrong. */
import { describe, expect, it } from 'vitest';
import {
  ambientProblems,
  anyProblems,
  cursorProblems,
  importProblems,
  importsOf,
  linesOf,
  modulesBelow,
} from './modules';

const MODULES = modulesBelow('server/src', 'client/src');
const ALL = [...MODULES, ...modulesBelow('test')];

/** Modules a little too long; to be split when touched next. */
const LONG = ['server/src/facts/lower-statement.ts'];

describe('the modules', () => {
  it('are all seen', () => {
    const layers = new Set(MODULES.map(({ path }) => path.split('/').slice(0, 3).join('/')));
    for (const layer of ['syntax', 'facts', 'models', 'program', 'analysis', 'rules', 'service', 'host'])
      expect(layers).toContain(`server/src/${layer}`);
    expect(MODULES.flatMap(importsOf).length).toBeGreaterThan(MODULES.length);
  });

  it('import one way, and below host neither files nor processes nor an editor', () => {
    expect(MODULES.flatMap(importProblems)).toEqual([]);
  });

  it('of the analysis import one way as well', () => {
    const order = [
      ['paths'],
      ['calls'],
      ['threads'],
      ['locks'],
      ['conditions', 'lock-lifetimes', 'runtime', 'busy-waits'],
    ];
    const rankOf = (folder: string): number => order.findIndex((folders) => folders.includes(folder));
    const folderOf = (path: string): string => /analysis\/([^/]+)\//.exec(path)?.[1] ?? '';
    const problems = MODULES.flatMap(({ path, text }) => {
      const own = rankOf(folderOf(path));
      if (own < 0) return [];
      const imported = [...text.matchAll(/^import (?!type)[^;]*? from '\.\.\/([a-z-]+)\/[^']*'/gm)];
      return imported.flatMap(([, folder = '']) => {
        const isLower = rankOf(folder) >= 0 && rankOf(folder) < own;
        return isLower || rankOf(folder) < 0 ? [] : [`${path} imports from ${folder}`];
      });
    });
    expect(problems).toEqual([]);
  });

  it('use nothing of the process below host', () => {
    expect(MODULES.flatMap(ambientProblems)).toEqual([]);
  });

  it('leave no cursor undeleted', () => {
    expect(ALL.flatMap(cursorProblems)).toEqual([]);
  });

  it('have no type any', () => {
    expect(ALL.flatMap(anyProblems)).toEqual([]);
  });

  it('have at most 400 lines', () => {
    const long = MODULES.filter((module) => linesOf(module) > 400).map(({ path }) => path);
    expect(long.filter((path) => !LONG.includes(path))).toEqual([]);
  });
});

describe('a module that is not as it should be', () => {
  const at = (path: string, text: string) => ({ path, text });

  it.each([
    ['server/src/syntax/a.ts', "import { x } from '../facts/facts';", 'syntax stands below facts'],
    ['server/src/facts/a.ts', "import type { X } from '../program/program';", 'facts stands below program'],
    ['server/src/program/a.ts', "export * from '../analysis/explore';", 'program stands below analysis'],
    ['server/src/rules/edits/a.ts', "import '../../service/api';", 'rules stands below service'],
    ['server/src/service/a.ts', "type T = import('../host/read').T;", 'service stands below host'],
    ['server/src/host/a.ts', "export { run } from '../cli/run';", 'nothing imports from cli'],
    ['server/src/lsp/a.ts', "import { run } from '../cli/run';", 'nothing imports from cli'],
    ['server/src/cli/a.ts', "const s = await import('../lsp/server');", 'nothing imports from lsp'],
    ['client/src/a.ts', "import { f } from '../../server/src/facts/facts';", 'the client holds no analysis'],
    ['server/src/rules/a.ts', "import { readFileSync } from 'node:fs';", 'touches no files'],
    ['server/src/models/a.ts', "import fs from 'fs';", 'touches no files'],
    ['server/src/analysis/a.ts', "const os = require('os');", 'touches no files'],
    ['server/src/facts/a.ts', 'const m = await import(name);', 'touches no files'],
    ['server/src/host/a.ts', "import { URI } from 'vscode-uri';", 'only lsp speaks the protocol'],
    [
      'server/src/cli/a.ts',
      "import type { D } from 'vscode-languageserver';",
      'only lsp speaks the protocol',
    ],
    ['server/src/lsp/a.ts', "import { window } from 'vscode';", 'only the client runs in the editor'],
    ['server/src/facts/a.ts', "import type { Node } from 'web-tree-sitter';", 'trees are made in'],
  ])('%s: %s', (path, text, reason) => {
    expect(importProblems(at(path, text)).join()).toContain(reason);
  });

  it.each([
    ['server/src/rules/a.ts', "import { f } from '../syntax/parser'; import { g } from './rule';"],
    [
      'server/src/lsp/a.ts',
      "import { f } from '../host/read'; import { C } from 'vscode-languageserver/node';",
    ],
    ['server/src/cli/a.ts', "import { f } from '../syntax/language'; import pc from 'picocolors';"],
    ['client/src/a.ts', "import { window } from 'vscode'; import { x } from './status';"],
    ['server/src/models/a.ts', "import { z } from 'zod'; import process from './process.json';"],
  ])('%s may: %s', (path, text) => {
    expect(importProblems(at(path, text))).toEqual([]);
  });

  it('uses the process, the clock or the console in the engine', () => {
    const path = 'server/src/analysis/a.ts';
    expect(ambientProblems(at(path, 'const t = Date.now(); process.exit(1);'))).toHaveLength(2);
    expect(ambientProblems(at(path, "console.log('x');"))).toEqual([`${path} uses console`]);
    expect(ambientProblems(at(path, "import process from './p.json'; f(process, a.Date);"))).toEqual([]);
    expect(ambientProblems(at('server/src/host/a.ts', 'process.exit(1);'))).toEqual([]);
  });

  it('makes a cursor of its own, or has a type any', () => {
    expect(cursorProblems(at('server/src/facts/a.ts', 'const c = node.walk();'))).toHaveLength(1);
    expect(cursorProblems(at('server/src/facts/a.ts', 'await walk(); files.walk(root);'))).toEqual([]);
    expect(anyProblems(at('a.ts', 'const x = (y: any[]) => y;'))).toHaveLength(1);
    expect(anyProblems(at('a.ts', 'const any = 1; // any'))).toEqual([]);
  });

  it('is too long', () => {
    expect(linesOf(at('a.ts', 'a\n'.repeat(401)))).toBe(401);
  });
});
