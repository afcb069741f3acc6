import type { Analysis } from '../analysis/analysis';
import { reachedFrom } from '../analysis/calls/reach';
import type { ForkChild } from '../analysis/runtime/fork-facts';
import { findKeptIds, findNamedFiles, type KeptId, type NamedFile } from '../analysis/runtime/process-ids';
import { functionName } from '../program/spelling';
import { childGoesOn } from './fork-in-threaded-program';
import { forkSteps } from './fork-wording';
import { defineRule, placeOf, step } from './rule';

const meta = {
  id: 'fork-shared-output',
  severity: 'information',
  title: 'A process id read once before a fork names a file in both processes',
  cwe: [362],
  cert: [],
  misra: [],
  docs: `A name that holds the process id is meant to be one process's own. Read once and kept, it is copied by
\`fork\`: the child writes to its parent's file.

## What it finds

A process id, or a text made of it, that is stored in a global and later names a file that is opened, in a function
that the child of a fork reaches; the child goes on without \`exec\` and does not read its id again.

## Incorrect

    void start(void) { snprintf(prefix, sizeof prefix, "prof_%d", (int)getpid()); }

    static void dump(void)
    {
        FILE *f = fopen(prefix, "w");
        …
    }

## Correct

    static void dump(void)
    {
        char name[64];
        snprintf(name, sizeof name, "prof_%d", (int)getpid());
        FILE *f = fopen(name, "w");
        …
    }

Read the id where the name is made, or again in the child (a \`pthread_atfork\` handler can do it).

## Known problems

A file that is opened before the fork and written to by both is not reported.
`,
} as const;

interface Witness {
  id: KeptId;
  file: NamedFile;
  child: ForkChild;
}

export const forkSharedOutput = defineRule<Witness>({
  meta,
  detect(analysis) {
    const { program, graph, runtime } = analysis;
    const children = runtime.forks().children.filter((child) => childGoesOn(analysis, child));
    if (children.length === 0) return [];
    const ids = findKeptIds(program);
    const files = findNamedFiles(program, new Set(ids.map(({ key }) => key)));
    const again = runtime.kept().flatMap(({ kind, routine }) => (kind === 'fork-child' ? [routine] : []));
    const refreshed = reachedFrom(graph, again);
    return ids.flatMap((id): Witness[] => {
      if (refreshed.has(id.fn.id)) return [];
      for (const child of children) {
        const runs = reachedFrom(graph, calledBy(analysis, child));
        const file = files.find(({ key, fn }) => key === id.key && runs.has(fn.id));
        if (file && !runs.has(id.fn.id) && id.fn !== child.site.fn) return [{ id, file, child }];
      }
      return [];
    });
  },

  report(_analysis, { id, file, child }) {
    const name = functionName(file.fn.facts);
    return {
      rule: meta.id,
      confidence: 'likely',
      place: placeOf(id.fn, id.node),
      message: `The process id is read once and kept in \`${id.label}\`, by which \`${name}\` names a file in the child of \`${child.site.callee}\` as well: both processes write to the same file.`,
      flows: [
        {
          title: 'the name in both processes',
          steps: [
            step(id.fn, id.node, `the id goes to \`${id.label}\` here`),
            ...forkSteps(child.site),
            ...(file.node === file.opens
              ? []
              : [step(file.fn, file.node, `\`${id.label}\` becomes part of a name`)]),
            step(file.fn, file.opens, 'the file is opened here, in parent and child'),
          ],
        },
      ],
    };
  },
});

function calledBy({ runtime }: Analysis, { site, calls }: ForkChild) {
  return calls.flatMap((node) => runtime.calls().at(site.fn, node));
}
