/**
 * Makes the server push its diagnostics to this editor instead of being asked for them.
 *
 * The reason is a race in vscode-languageclient 10.1.2, seen in the tests: when a changed file is
 * reverted and its tab closed at once, the answer for the document is dropped because the tab is gone, and the
 * workspace's answer because the document is still tracked; the old squiggle then stays for ever. What is pushed
 * is shown, whatever is open.
 */
import type { StaticFeature } from 'vscode-languageclient/node';

/** A feature that takes back what the client's own features announce; register it before the client starts. */
export function pushOnly(): StaticFeature {
  return {
    fillClientCapabilities(capabilities) {
      delete capabilities.textDocument?.diagnostic;
      delete capabilities.workspace?.diagnostics;
    },
    initialize() {},
    getState: () => ({ kind: 'static' }),
    clear() {},
  };
}
