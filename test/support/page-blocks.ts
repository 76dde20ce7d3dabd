import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a page. */
export interface PageBlock {
  /** What stands behind the opening fence. */
  readonly language: string;
  /** With its last newline. */
  readonly text: string;
}

/** The fenced blocks of a page of docs/, in their order. */
export function readBlocks(page: string): PageBlock[] {
  const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8');
  return [...text.matchAll(/^```(\S+)\n([^]*?^)```$/gm)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
}
