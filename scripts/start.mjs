// A tour for a fresh clone: installs, builds, checks the example workspace and says where to go next.
// Ends with 0 although the example is full of findings; only a tool that does not run is a failure.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root } from './setup.mjs';

const example = 'examples/incidents';
const command = 'node dist/threadlint.cjs';

await build();

console.log(`\nThreadlint checks ${example}, a small daemon with the bugs of five real incidents:\n`);
const result = spawnSync(process.execPath, [join(root, 'dist/threadlint.cjs'), 'check', example], {
  cwd: root,
  stdio: 'inherit',
});
if (result.status !== 0 && result.status !== 1) {
  console.error('threadlint: the check of the example did not run');
  process.exit(result.status ?? 2);
}

console.log(`
Where to go next

  Read the example        ${example}/README.md says which incident is where
  Understand a finding    ${command} explain lock-order
  See all rules           ${command} rules
  Check your own code     ${command} check path/to/your/sources
  Use it in CI            ${command} check --format sarif > threadlint.sarif
  Use it in VS Code       node scripts/package.mjs && code --install-extension threadlint.vsix
  Use it in any editor    node dist/threadlint-server.cjs --stdio
  Read the documentation  README.md, docs/
  Work on it              npm test`);
