/** The workspace's contract with those who build on it. */
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../server/src/service/api';
import { createWorkspace } from '../../server/src/service/workspace';
import { readBinaries } from '../support/binaries';
import { checked, fixed } from '../support/workspaces';

const LEAK = `#include <pthread.h>
static void *work(void *arg) { return arg; }
int start(void)
{
    pthread_t tid;
    return pthread_create(&tid, NULL, work, NULL);
}
`;
const CALLBACK = `#include <link.h>
#include <stdlib.h>
static int visit(struct dl_phdr_info *info, size_t size, void *data) { return malloc(size) == data; }
void scan(void) { dl_iterate_phdr(visit, NULL); }
`;
const BOTH = [
  { file: '/w/leak.c', text: LEAK },
  { file: '/w/callback.c', text: CALLBACK },
];

const empty = () => createWorkspace({ binaries: readBinaries() });

describe('files', () => {
  it('are listed sorted, replaced, and forgotten', async () => {
    const workspace = await empty();
    expect(workspace.setFile('/w/b.c', LEAK)).toBe(true);
    expect(workspace.setFile('/w/a.c', CALLBACK)).toBe(true);
    expect(workspace.files()).toEqual(['/w/a.c', '/w/b.c']);
    workspace.removeFile('/w/a.c');
    workspace.removeFile('/w/never.c');
    expect(workspace.files()).toEqual(['/w/b.c']);
    const { findings } = await workspace.check();
    expect(findings.map(({ location }) => location.file)).toEqual(['/w/b.c']);
  });

  it('given again with the same content are not read again', async () => {
    const workspace = await empty();
    expect(workspace.setFile('/w/a.c', LEAK)).toBe(true);
    expect(workspace.setFile('/w/a.c', LEAK)).toBe(false);
    expect(workspace.setFile('/w/a.c', new TextEncoder().encode(LEAK))).toBe(false);
    expect(workspace.setFile('/w/a.c', `${LEAK}\n`)).toBe(true);
    workspace.removeFile('/w/a.c');
    expect(workspace.setFile('/w/a.c', LEAK)).toBe(true);
  });

  it('that cannot be read are noted by name, and the others are checked', async () => {
    const workspace = await empty();
    workspace.setFile('/w/leak.c', LEAK);
    workspace.setFile('/w/binary.c', 'int a;\0\0');
    workspace.setFile('/w/huge.c', ' '.repeat(17 * 1024 * 1024));
    workspace.setFile('/w/old.c', new Uint8Array([0x2f, 0x2f, 0xe9, 0x0a]));
    const { findings, notes } = await workspace.check();
    expect(findings.map(({ rule }) => rule)).toEqual(['thread-not-joined']);
    expect(notes.map(({ file }) => file)).toEqual(['/w/binary.c', '/w/huge.c', '/w/old.c']);
    expect(notes.map(({ message }) => message).join()).toMatch(/binary.*larger than.*Latin-1/);
    workspace.setFile('/w/binary.c', 'int a;');
    expect((await workspace.check()).notes.map(({ file }) => file)).not.toContain('/w/binary.c');
  });
});

describe('settings', () => {
  it('give a rule its severity, or none', async () => {
    const { result } = await checked(BOTH, { severities: { 'thread-not-joined': 'information' } });
    expect(result.findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'phdr-callback-allocates error',
      'thread-not-joined information',
    ]);
    const { result: less } = await checked(BOTH, { severities: { 'phdr-callback-allocates': 'off' } });
    expect(less.findings.map(({ rule }) => rule)).toEqual(['thread-not-joined']);
  });

  it('choose the rules that run', async () => {
    const { result } = await checked(BOTH, { severities: {}, only: ['phdr-callback-allocates'] });
    expect(result.findings.map(({ rule }) => rule)).toEqual(['phdr-callback-allocates']);
  });
});

describe('a comment silences a finding', () => {
  const found = async (text: string) => (await checked([{ file: '/w/a.c', text }])).result.findings.length;
  const at = '    return pthread_create';

  it.each([
    ['on its line', LEAK.replace('NULL);', 'NULL); // threadlint: ignore'), 0],
    ['on the line before', LEAK.replace(at, `    /* threadlint: ignore */\n${at}`), 0],
    ['by its rule', LEAK.replace(at, `    // threadlint: ignore thread-not-joined\n${at}`), 0],
    ['not by another rule', LEAK.replace(at, `    // threadlint: ignore lock-order\n${at}`), 1],
    ['not from further away', LEAK.replace(at, `    // threadlint: ignore\n\n${at}`), 1],
    ['not from a text', LEAK.replace(at, `    puts("threadlint: ignore");\n${at}`), 1],
  ])('%s', async (_, text, expected) => {
    expect(await found(text)).toBe(expected);
  });
});

describe('a check', () => {
  it('of nothing finds nothing', async () => {
    const workspace = await empty();
    expect(await workspace.check()).toEqual({ findings: [], notes: [] });
    expect(workspace.stats()).toMatchObject({ files: 0, lines: 0, functions: 0, damagedFunctions: 0 });
  });

  it('that is cancelled rejects, and the next one is whole', async () => {
    const { workspace, result } = await checked(BOTH);
    await expect(workspace.check({ aborted: true })).rejects.toBeInstanceOf(Cancelled);
    expect(await workspace.check({ aborted: false })).toEqual(result);
  });

  it('shows every finding with its places in reading order', async () => {
    const { result } = await checked(BOTH);
    for (const { flows, related, location, fingerprint } of result.findings) {
      expect(flows.flatMap(({ steps }) => steps)).toEqual(related);
      expect(related.map(({ file }) => file)).toContain(location.file);
      expect(related.every(({ message }) => message.length > 0)).toBe(true);
      expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('counts files, lines and functions', async () => {
    const { workspace } = await checked([...BOTH, { file: '/w/bad.c', text: 'void f(void) { a(; }\n' }]);
    const { perFile, ...sums } = workspace.stats();
    expect(sums).toMatchObject({ files: 3, lines: 12, functions: 5, damagedFunctions: 1 });
    expect(perFile.map(({ file, lines }) => `${file} ${lines}`)).toEqual([
      '/w/bad.c 1',
      '/w/callback.c 4',
      '/w/leak.c 7',
    ]);
  });
});

describe('fixes', () => {
  it('are for the text that was checked', async () => {
    const files = [{ file: '/w/leak.c', text: LEAK }];
    const { workspace, result } = await checked(files);
    const [finding] = result.findings;
    if (!finding) throw new Error('the leak was not found');
    const [fix] = workspace.fixes(finding, () => LEAK);
    expect(fix?.preferred).toBe(true);
    expect(fix && fixed(files, fix)[0]?.text).toContain('pthread_detach(tid)');
    expect(workspace.fixes(finding, () => `// moved\n${LEAK}`)).toEqual([]);
    expect(workspace.fixes(finding, () => undefined)).toEqual([]);
    expect(workspace.fixes({ ...finding, fingerprint: 'another' }, () => LEAK)).toEqual([]);
  });

  it('are none for a file that is gone', async () => {
    const { workspace, result } = await checked([{ file: '/w/leak.c', text: LEAK }]);
    workspace.removeFile('/w/leak.c');
    expect(result.findings.flatMap((finding) => workspace.fixes(finding, () => LEAK))).toEqual([]);
  });
});

it('a workspace is refused where a grammar is none', async () => {
  await expect(
    createWorkspace({ binaries: { ...readBinaries(), cpp: new Uint8Array(8) } }),
  ).rejects.toThrow();
});
