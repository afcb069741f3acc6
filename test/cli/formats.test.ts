import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { leakIn, project, threadlint } from './project';
import { SARIF_SCHEMA } from './sarif-schema';

const validate = new Ajv({ allErrors: true }).compile(SARIF_SCHEMA);

interface SarifRun {
  results: {
    ruleId: string;
    level: string;
    locations: { physicalLocation: unknown }[];
    relatedLocations?: unknown[];
    codeFlows?: { threadFlows: { locations: unknown[] }[] }[];
  }[];
  invocations: {
    executionSuccessful: boolean;
    toolExecutionNotifications: { message: { text: string } }[];
  }[];
}

/** Runs the check, insists on a valid log, and returns its only run. */
function sarif(folder: string, args: readonly string[] = []): SarifRun {
  const log: unknown = JSON.parse(threadlint(folder, ['check', '--format', 'sarif', ...args]).out);
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  const { runs } = log as { runs: [SarifRun] };
  return runs[0];
}

describe('sarif', () => {
  test('is valid with findings, notes and problems', () => {
    const folder = project({ 'src/a.c': leakIn('a'), 'binary.c': new Uint8Array([1, 0, 2]) });
    const run = sarif(folder, ['.', 'missing.c']);
    expect(run.results).toHaveLength(1);
    const [invocation] = run.invocations;
    expect(invocation?.executionSuccessful).toBe(false);
    expect(invocation?.toolExecutionNotifications.map(({ message }) => message.text)).toEqual([
      'missing.c was not checked: it does not exist',
      'not checked: it is a binary file',
    ]);
  });

  test('is valid with no findings', () => {
    expect(sarif(project({ 'a.c': 'int a;\n' })).results).toEqual([]);
  });

  test('places findings relative to the working directory, one-based', () => {
    const [result] = sarif(project({ 'src/a.c': leakIn('a') })).results;
    expect(result).toMatchObject({ ruleId: 'thread-not-joined', level: 'warning' });
    expect(result?.locations[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: 'src/a.c', uriBaseId: '%SRCROOT%' },
      region: { startLine: 12, startColumn: 9, endLine: 12 },
    });
  });

  test('encodes odd file names', () => {
    const [result] = sarif(project({ 'a b/é%#?:[x].c': leakIn('a') })).results;
    expect(result?.locations[0]?.physicalLocation).toMatchObject({
      artifactLocation: { uri: 'a%20b/%C3%A9%25%23%3F%3A%5Bx%5D.c' },
    });
  });

  test('carries the story of each finding as related locations and as a code flow', () => {
    const [result] = sarif(project({ 'a.c': leakIn('a') })).results;
    const step = expect.objectContaining({ message: { text: expect.stringContaining('`a_worker`') } });
    expect(result?.relatedLocations).toContainEqual(step);
    const steps = result?.codeFlows?.flatMap(({ threadFlows }) =>
      threadFlows.flatMap((flow) => flow.locations),
    );
    expect(steps).toContainEqual({ location: step });
  });
});

describe('json', () => {
  test('has the documented shape', () => {
    const folder = project({ 'src/a.c': leakIn('a'), 'bin.c': new Uint8Array([0]) });
    const { code, out } = threadlint(folder, ['check', '--format=json', '.', 'missing.c']);
    const step = {
      file: 'src/a.c',
      range: { start: { line: 12, column: 9 }, end: { line: 12, column: expect.any(Number) } },
      message: expect.stringContaining('`a_worker`'),
    };
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      tool: { name: 'threadlint', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
      findings: [
        {
          rule: 'thread-not-joined',
          severity: 'warning',
          confidence: expect.stringMatching(/^(certain|likely|possible)$/),
          message: expect.stringContaining('`a_worker`'),
          file: 'src/a.c',
          range: { start: { line: 12, column: 9 }, end: { line: 12 } },
          flows: [{ title: expect.any(String), steps: expect.arrayContaining([step]) }],
          fingerprint: expect.any(String),
          url: expect.stringMatching(/^https:.*thread-not-joined/),
        },
      ],
      notes: [{ file: 'bin.c', message: 'not checked: it is a binary file' }],
      problems: ['missing.c was not checked: it does not exist'],
      summary: { files: 1, findings: 1, errors: 0, warnings: 1, information: 0 },
    });
    expect(code).toBe(2);
  });
});

describe('github', () => {
  test('gives one workflow command a finding, escaped', () => {
    const { code, out } = threadlint(project({ 'a,b:c%.c': leakIn('a') }), ['check', '--format', 'github']);
    expect(out).toMatch(
      /^::warning file=a%2Cb%3Ac%25\.c,line=12,endLine=12,col=9,endColumn=\d+,title=thread-not-joined::[^\n]*`a_worker`[^\n]*%0A[^\n]*\n$/,
    );
    expect(code).toBe(1);
  });

  test('names files from the top of the repository', () => {
    const folder = project({ 'lib/a.c': leakIn('a') });
    const env = { ...process.env, GITHUB_WORKSPACE: folder };
    const { out } = threadlint(`${folder}/lib`, ['check', '--format', 'github'], { env });
    expect(out).toContain('::warning file=lib/a.c,');
  });
});
