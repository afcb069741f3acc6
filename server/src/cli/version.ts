import { version } from '../../../package.json';

/** As in package.json; the bundler writes it into the program. */
export const VERSION = version;
