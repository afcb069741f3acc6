import assert from 'node:assert/strict';
import { DiagnosticSeverity, Uri, window } from 'vscode';
import { closeAll, diagnosticsOf, EXPECTED, open, problemsBecome, threadlint, uriOf } from './editor';

suite('findings', () => {
  suiteSetup(async () => {
    await open('main.c');
    await threadlint();
  });
  suiteTeardown(closeAll);

  test('the Problems panel lists the whole workspace, though only main.c is open', async () => {
    await problemsBecome(EXPECTED);
    const visible = window.visibleTextEditors.map((editor) => editor.document.uri.toString());
    assert.deepEqual(visible, [uriOf('main.c').toString()]);
  });

  test('the squiggle stands under the creation of the thread', async () => {
    await problemsBecome(EXPECTED);
    const { document } = await open('beacon.c');
    const [diagnostic] = diagnosticsOf('beacon.c');
    assert.ok(diagnostic);
    assert.equal(
      document.getText(diagnostic.range),
      'pthread_create(&beacon, NULL, beacon_run, (void *)host)',
    );
    assert.equal(diagnostic.severity, DiagnosticSeverity.Warning);
  });

  test('an entry names its rule with a link, its source and the places that explain it', async () => {
    await problemsBecome(EXPECTED);
    const [diagnostic] = diagnosticsOf('probe.c');
    assert.ok(diagnostic);
    const { code } = diagnostic;
    assert.ok(typeof code === 'object', 'the rule has no link to its page');
    assert.equal(code.value, 'thread-not-joined');
    assert.ok(code.target instanceof Uri && code.target.path.includes('thread-not-joined'));
    assert.match(diagnostic.message, /prober/);
    const related = diagnostic.relatedInformation ?? [];
    assert.ok(related.length > 0, 'there is no related place');
    assert.ok(related.every((each) => each.location.uri.scheme === 'file' && each.message.length > 0));
  });

  test('both sides of a lock cycle are places to click on, in both files', async () => {
    await problemsBecome(EXPECTED);
    const [diagnostic] = diagnosticsOf('index.c');
    const related = diagnostic?.relatedInformation ?? [];
    const places = related.map(
      ({ location }) => `${location.uri.path.split('/').pop()}:${location.range.start.line + 1}`,
    );
    for (const acquisition of ['index.c:10', 'stats.c:19', 'stats.c:9', 'stats.c:11']) {
      assert.ok(places.includes(acquisition), `${acquisition} is not among ${places.join(', ')}`);
    }
  });

  test('an opened file shows each finding once', async () => {
    await open('probe.c');
    await open('beacon.c');
    await problemsBecome(EXPECTED);
    // A second report would come with the answer to the editor's own question for the opened file.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await problemsBecome(EXPECTED);
  });
});
