import { describe, expect, test } from 'vitest';
import { codeFrame } from '../../server/src/cli/present/frame';
import { presentGithub } from '../../server/src/cli/present/github';
import type { Report } from '../../server/src/cli/present/report';
import { presentSarif } from '../../server/src/cli/present/sarif';
import { presentText } from '../../server/src/cli/present/text';
import type { Finding, RelatedLocation } from '../../server/src/service/api';

const plain = { gutter: (text: string) => text, mark: (text: string) => text };

const at = (file: string, line: number, start: number, end: number, message: string): RelatedLocation => ({
  file,
  range: { start: { line, character: start }, end: { line, character: end } },
  message,
});

const steps = [
  at('/w/a.c', 0, 0, 4, '`a` is locked here'),
  at('/w/b.c', 1, 2, 6, '`b` is locked here, `a` held'),
];

const finding: Finding = {
  rule: 'lock-order',
  severity: 'error',
  confidence: 'likely',
  message: '`a` and `b` are taken\nin both orders',
  location: steps[1] ?? at('', 0, 0, 0, ''),
  related: steps,
  flows: [
    { title: 'thread A', steps: steps.slice(0, 1) },
    { title: 'thread B', steps },
  ],
  fingerprint: 'f',
};

const report: Report = {
  findings: [finding],
  skipped: [],
  notes: [{ file: '/w/a.c', message: 'one function was given up' }],
  problems: [],
  folder: '/w',
  files: 2,
  lines: new Map([
    ['/w/a.c', ['lock(a);']],
    ['/w/b.c', ['{', '\tlock(b);', '}']],
  ]),
  rules: [],
  version: '1.2.3',
};

describe('text', () => {
  test('shows both sides with the source line of each step', () => {
    expect(presentText(report, { color: false, verbose: false })).toBe(
      [
        'b.c:2:3: error [lock-order] `a` and `b` are taken in both orders',
        '  1 | {',
        '  2 | \tlock(b);',
        '    | \t ^~~~',
        '  3 | }',
        '',
        '  thread A',
        '    1. a.c:1:1: `a` is locked here',
        '       1 | lock(a);',
        '         | ^~~~',
        '',
        '  thread B',
        '    1. a.c:1:1: `a` is locked here',
        '       1 | lock(a);',
        '         | ^~~~',
        '    2. b.c:2:3: `b` is locked here, `a` held',
        '       2 | \tlock(b);',
        '         | \t ^~~~',
        '',
        'note: 1 place not fully understood; --verbose lists them',
        '',
        '1 finding (1 error) in 2 files',
        '',
      ].join('\n'),
    );
  });

  test('lists notes when asked, and says how long it took when told', () => {
    const text = presentText(report, { color: false, verbose: true, milliseconds: 2140 });
    expect(text).toContain('a.c: note: one function was given up\n');
    expect(text).toMatch(/1 finding \(1 error\) in 2 files, 2\.1 s\n$/);
  });

  test('colours only when asked', () => {
    const sequence = '\u001b[';
    expect(presentText(report, { color: true, verbose: false })).toContain(sequence);
    expect(presentText(report, { color: false, verbose: false })).not.toContain(sequence);
  });

  test('a file that vanished meanwhile costs the frame, not the finding', () => {
    const text = presentText({ ...report, lines: new Map() }, { color: false, verbose: false });
    expect(text).toContain('b.c:2:3: error [lock-order]');
    expect(text).not.toContain('^');
  });
});

describe('a code frame', () => {
  const range = (start: number, end: number) => ({
    start: { line: 0, character: start },
    end: { line: 0, character: end },
  });

  test('cuts a long line around the range', () => {
    const line = `${'x'.repeat(500)}lock(m)${'y'.repeat(500)}`;
    const [text, mark] = codeFrame([line], range(500, 507), plain, 0);
    expect(text?.length).toBeLessThan(180);
    expect(text?.indexOf('lock(m)')).toBe(mark?.indexOf('^~~~~~~'));
  });

  test('sends no control character of the source to the terminal', () => {
    const [text] = codeFrame(['a\u001b[31m\u0007b\u202ec'], range(0, 1), plain, 0);
    expect(text).toBe('1 | a\ufffd[31m\ufffdb\ufffdc');
  });

  test('underlines to the end of the line where the range goes on', () => {
    const twoLines = { start: { line: 0, character: 2 }, end: { line: 1, character: 1 } };
    expect(codeFrame(['a call(', 'b);'], twoLines, plain, 0)).toEqual(['1 | a call(', '  |   ^~~~~']);
  });

  test('is empty for a place outside the text', () => {
    expect(codeFrame([], range(0, 1), plain, 1)).toEqual([]);
  });
});

describe('github', () => {
  test('escapes line breaks, and leaves columns out of a range over several lines', () => {
    const location = {
      file: '/w/b.c',
      range: { start: { line: 1, character: 2 }, end: { line: 3, character: 0 } },
    };
    const text = presentGithub({ ...report, findings: [{ ...finding, location, message: '100%\r\nsure' }] });
    expect(text).toBe(
      '::error file=b.c,line=2,endLine=4,title=lock-order::100%25%0D%0Asure' +
        '%0Athread A:%0A  a.c:1: `a` is locked here' +
        '%0Athread B:%0A  a.c:1: `a` is locked here%0A  b.c:2: `b` is locked here, `a` held\n',
    );
  });
});

describe('sarif', () => {
  test('gives each side of the story a thread flow, and a file elsewhere its absolute address', () => {
    const elsewhere = { ...finding, location: { ...finding.location, file: '/other/x y.c' } };
    const log = JSON.parse(presentSarif({ ...report, findings: [elsewhere] }));
    const [result] = log.runs[0].results;
    expect(result.codeFlows[0].threadFlows.map((flow: { message: unknown }) => flow.message)).toEqual([
      { text: 'thread A' },
      { text: 'thread B' },
    ]);
    expect(result.locations[0].physicalLocation.artifactLocation).toEqual({ uri: 'file:///other/x%20y.c' });
  });
});
