import assert from 'node:assert/strict';
import { ConfigurationTarget, DiagnosticSeverity, extensions, workspace } from 'vscode';
import { RULE_INFOS } from '../../../server/src/rules/registry';
import { closeAll, diagnosticsOf, EXPECTED, open, problemsBecome, threadlint, until } from './editor';

async function set(name: string, value: unknown): Promise<void> {
  await workspace.getConfiguration('threadlint').update(name, value, ConfigurationTarget.Workspace);
}

suite('settings', () => {
  suiteSetup(async () => {
    await open('main.c');
    await threadlint();
  });
  setup(() => problemsBecome(EXPECTED));
  teardown(async () => {
    await set('severity', undefined);
    await set('exclude', undefined);
  });
  suiteTeardown(closeAll);

  test('a rule switched off disappears at once, and comes back', async () => {
    await set('severity', { 'thread-not-joined': 'off' });
    await problemsBecome(EXPECTED.filter((each) => each.rule !== 'thread-not-joined'));
    await set('severity', undefined);
    await problemsBecome(EXPECTED);
  });

  test('a rule takes the severity that the settings give it', async () => {
    await set('severity', { 'thread-not-joined': 'error' });
    await until(() => diagnosticsOf('probe.c')[0]?.severity === DiagnosticSeverity.Error);
    await set('severity', { 'thread-not-joined': 'information' });
    await until(() => diagnosticsOf('probe.c')[0]?.severity === DiagnosticSeverity.Information);
  });

  test('an excluded file is not checked', async () => {
    await set('exclude', ['**/probe.c']);
    await problemsBecome(EXPECTED.filter((each) => each.file !== 'probe.c'));
  });

  test('settings that make no sense leave the findings as they are', async () => {
    await set('severity', { 'no-such-rule': 'off', 'thread-not-joined': 'loud' });
    await set('exclude', [42, '[']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await problemsBecome(EXPECTED);
  });

  test('the settings editor offers every rule', () => {
    const manifest = extensions.getExtension('threadlint.threadlint')?.packageJSON;
    const offered = Object.keys(
      manifest.contributes.configuration.properties['threadlint.severity'].properties,
    );
    assert.deepEqual(offered.sort(), RULE_INFOS.map((rule) => rule.id).sort());
  });
});
