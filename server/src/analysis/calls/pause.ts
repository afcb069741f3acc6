/** Long work awaits this now and then; what it does (yield, cancel, nothing) is the caller's choice. */
export type Pause = () => Promise<void>;

/** Functions looked at between two pauses: some milliseconds of work. */
export const PAUSE_EVERY = 8;

export const noPause: Pause = async () => undefined;
