/** The shape of models of owners: classes whose objects hold another one that ends with them. */
import { z } from 'zod';

export const owner = z.strictObject({
  /** The class of what is owned, by the owner's template arguments: `$0`. */
  owns: z.string(),
  /** Methods that let go of it and take their argument, or nothing, in its place. */
  replaces: z.array(z.string()).optional(),
  /** Methods that let go of it and make another one from their arguments. */
  makes: z.array(z.string()).optional(),
  /** It holds the object itself, which is made of what it is given; behind this constant, of what follows. */
  inPlace: z.string().optional(),
  /** It may hold several: only a guard is followed that is put into a local one and does nothing else there. */
  holds: z.literal('guards').optional(),
  /** Of such a one, methods that change nothing of what it holds. */
  leaves: z.array(z.string()).optional(),
  /** Methods that hand it on. */
  handsOn: z.array(z.string()).optional(),
});
