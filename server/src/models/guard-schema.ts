/** The shape of models of guards: classes whose objects hold locks. */
import { z } from 'zod';

/** What a method of a guard does with the locks that the guard was given. */
const guardMethod = z.enum(['lock', 'try', 'unlock', 'release', 'mutex', 'owns', 'move', 'swap']);

/** A class whose objects take locks when they are made and give them back when they end. */
export const guardClass = z.strictObject({
  mode: z.enum(['exclusive', 'shared']).optional(),
  /** Every argument is a lock, and they are taken in whatever order avoids a deadlock. */
  several: z.literal(true).optional(),
  /** It is given the address of the lock. */
  pointer: z.literal(true).optional(),
  /** It is given a guard, and gives that one's lock back for as long as it lives itself. */
  reverses: z.literal(true).optional(),
  /** A second argument that is no tag is a time: then the lock may not have been taken. */
  timed: z.literal(true).optional(),
  /** Arguments that say what is to be done with the lock instead of waiting for it. */
  tags: z.record(z.string(), z.enum(['adopt', 'defer', 'try'])).optional(),
  methods: z.record(z.string(), guardMethod).optional(),
});

/** What a call does as a member of a guard class; made from `guards`. */
export const guardEffect = z.strictObject({
  op: z.union([z.enum(['begin', 'end']), guardMethod]),
  of: guardClass,
});
