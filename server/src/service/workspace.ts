// TEMPORARY stand-in until the engine is linked in; same interface.
import type { Finding, Workspace, WorkspaceOptions } from './api';

export async function createWorkspace(_options: WorkspaceOptions): Promise<Workspace> {
  const files = new Map<string, string>();
  return {
    configure() {},
    setFile(file, content) {
      const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
      const same = files.get(file) === text;
      files.set(file, text);
      return !same;
    },
    removeFile(file) {
      files.delete(file);
    },
    files: () => [...files.keys()],
    async check() {
      const findings: Finding[] = [];
      const all = [...files.values()].join('\n');
      for (const [file, text] of [...files].sort()) {
        text.split('\n').forEach((line, index) => {
          const m = /pthread_create\(&(\w+)/.exec(line);
          if (!m || new RegExp(`pthread_(join|detach)\\(${m[1]}\\b`).test(all)) return;
          const range = { start: { line: index, character: m.index }, end: { line: index, character: m.index + 14 } };
          const step = { file, range, message: 'the thread is created here' };
          findings.push({
            rule: 'thread-not-joined', severity: 'warning', confidence: 'certain',
            message: `the thread \`${m[1]}\` is neither joined nor detached`, location: { file, range },
            related: [step], flows: [{ title: 'the thread', steps: [step] }], fingerprint: `${file}:${m[1]}`,
          });
        });
      }
      return { findings, notes: [] };
    },
    fixes(finding) {
      const at = { line: finding.location.range.start.line + 1, character: 0 };
      const name = /`(\w+)`/.exec(finding.message)?.[1];
      return [{ title: `Insert \`pthread_detach(${name})\``, preferred: true,
        edits: [{ file: finding.location.file, range: { start: at, end: at }, newText: `    pthread_detach(${name});\n` }] }];
    },
    stats: () => ({ files: files.size, lines: 0, functions: 0, damagedFunctions: 0, perFile: [], phases: {} }),
  };
}
