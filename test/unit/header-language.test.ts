/** Headers that could be C or C++, and the options that a file is read with. */
import { describe, expect, it } from 'vitest';
import type { FileOptions, Workspace } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from '../support/binaries';

type Given = Readonly<Record<string, string>>;

async function workspaceWith(files: Given): Promise<Workspace> {
  const workspace = await createWorkspace({ binaries: readBinaries() });
  for (const [name, text] of Object.entries(files)) workspace.setFile(`/w/${name}`, text);
  await workspace.check();
  return workspace;
}

/** `name language`, for the headers. */
function languages(workspace: Workspace): string[] {
  return workspace
    .stats()
    .perFile.filter(({ file }) => file.endsWith('.h'))
    .map(({ file, language }) => `${file.slice('/w/'.length)} ${language}`);
}

const PLAIN = 'struct pair { int a; int b; };\nint sum(struct pair p);\n';
const including = (...names: string[]): string => names.map((name) => `#include "${name}"\n`).join('');

describe('a header whose text shows no language', () => {
  it.each<[string, Given, string[]]>([
    ['is C where nothing includes it', { 'a.h': PLAIN, 'b.cpp': 'int b;' }, ['a.h c']],
    ['is C where C includes it', { 'a.h': PLAIN, 'b.c': including('a.h') }, ['a.h c']],
    ['is C++ where only C++ includes it', { 'a.h': PLAIN, 'b.cpp': including('a.h') }, ['a.h cpp']],
    [
      'is C where both include it',
      { 'a.h': PLAIN, 'b.cpp': including('a.h'), 'c.c': including('a.h') },
      ['a.h c'],
    ],
    [
      'is C++ through another header',
      { 'a.h': PLAIN, 'm.h': including('a.h'), 'b.cc': including('m.h') },
      ['a.h cpp', 'm.h cpp'],
    ],
    [
      'is C where one way leads to C',
      { 'a.h': PLAIN, 'm.h': including('a.h'), 'b.cc': including('m.h'), 'c.c': including('a.h') },
      ['a.h c', 'm.h cpp'],
    ],
    [
      'is C++ where a header that shows C++ includes it',
      { 'a.h': PLAIN, 'm.h': `${including('a.h')}class M { public: int m; };\n` },
      ['a.h cpp', 'm.h cpp'],
    ],
    [
      'is found by its folder',
      { 'x/a.h': PLAIN, 'y/a.h': PLAIN, 'x/b.cpp': including('a.h'), 'y/b.c': including('a.h') },
      ['x/a.h cpp', 'y/a.h c'],
    ],
    [
      'is decided where headers include each other',
      { 'a.h': including('m.h'), 'm.h': including('a.h'), 'b.cpp': including('a.h') },
      ['a.h cpp', 'm.h cpp'],
    ],
  ])('%s', async (_, files, expected) => {
    expect(languages(await workspaceWith(files))).toEqual(expected);
    const turned = Object.fromEntries(Object.entries(files).reverse());
    expect(languages(await workspaceWith(turned))).toEqual(expected);
  });

  it('follows its includers as they come and go', async () => {
    const workspace = await workspaceWith({ 'a.h': PLAIN, 'b.cpp': including('a.h') });
    workspace.setFile('/w/c.c', including('a.h'));
    await workspace.check();
    expect(languages(workspace)).toEqual(['a.h c']);
    workspace.removeFile('/w/c.c');
    await workspace.check();
    expect(languages(workspace)).toEqual(['a.h cpp']);
    workspace.setFile('/w/a.h', `${PLAIN}int more;\n`);
    await workspace.check();
    expect(languages(workspace)).toEqual(['a.h cpp']);
    workspace.removeFile('/w/b.cpp');
    await workspace.check();
    expect(languages(workspace)).toEqual(['a.h c']);
  });

  it('is what the options say, whoever includes it', async () => {
    const workspace = await workspaceWith({ 'b.cpp': including('a.h') });
    workspace.setFile('/w/a.h', PLAIN, { language: 'c' });
    await workspace.check();
    expect(languages(workspace)).toEqual(['a.h c']);
  });
});

const LEAK = `#include <pthread.h>
static void *work(void *arg) { return arg; }
int start(void)
{
    pthread_t tid;
    int failed = pthread_create(&tid, NULL, work, NULL);
#ifdef DETACHED
    if (!failed)
        pthread_detach(tid);
#endif
#ifndef NDEBUG
    note(failed);
#endif
    return failed;
}
`;

describe('options of a file', () => {
  async function found(options: FileOptions): Promise<number> {
    const workspace = await createWorkspace({ binaries: readBinaries() });
    workspace.setFile('/w/a.c', LEAK, options);
    return (await workspace.check()).findings.length;
  }

  it('choose the branches that are read', async () => {
    expect(await found({ defines: { DETACHED: '1' } })).toBe(0);
    expect(await found({ defines: { DETACHED: '' } })).toBe(0);
    expect(await found({ undefines: ['DETACHED'] })).toBe(1);
  });

  it('are part of what makes a file another one', async () => {
    const workspace = await createWorkspace({ binaries: readBinaries() });
    expect(workspace.setFile('/w/a.c', LEAK)).toBe(true);
    expect(workspace.setFile('/w/a.c', LEAK, { defines: {}, undefines: [] })).toBe(false);
    expect(workspace.setFile('/w/a.c', LEAK, { defines: { A: '1', DETACHED: '1' } })).toBe(true);
    expect(workspace.setFile('/w/a.c', LEAK, { defines: { DETACHED: '1', A: '1' } })).toBe(false);
    expect((await workspace.check()).findings).toEqual([]);
    expect(workspace.setFile('/w/a.c', LEAK, { undefines: ['DETACHED'] })).toBe(true);
    expect((await workspace.check()).findings).toHaveLength(1);
    expect(workspace.setFile('/w/a.c', LEAK, { language: 'cpp' })).toBe(true);
    expect(workspace.stats().perFile.map(({ language }) => language)).toEqual(['cpp']);
  });

  it('hold for the repairs that are offered', async () => {
    const workspace = await createWorkspace({ binaries: readBinaries() });
    workspace.setFile('/w/a.c', LEAK, { undefines: ['DETACHED'], language: 'cpp' });
    const [finding] = (await workspace.check()).findings;
    expect(finding && workspace.fixes(finding, () => LEAK).length).toBeGreaterThan(0);
  });
});
