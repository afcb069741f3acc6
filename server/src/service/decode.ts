/** Bytes to text: UTF-8, else Latin-1, which gives every byte a character and never fails. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16le = new TextDecoder('utf-16le', { ignoreBOM: true });
const latin1 = new TextDecoder('latin1');

/** Larger files are generated tables or amalgamations that would hold up everything else. */
export const MAX_LENGTH = 16 * 1024 * 1024;

export interface Decoded {
  text: string;
  /** What a reader should know of how it was read. */
  note?: string;
}

export function decode(content: Uint8Array | string): Decoded {
  if (typeof content === 'string') return { text: content };
  if (content[0] === 0xff && content[1] === 0xfe) return { text: utf16le.decode(content) };
  try {
    return { text: utf8.decode(content) };
  } catch {
    return { text: latin1.decode(content), note: 'not UTF-8: read as Latin-1' };
  }
}

/** A text with NUL characters is no source. */
export function isBinary(text: string): boolean {
  return text.slice(0, 8192).includes('\0');
}
