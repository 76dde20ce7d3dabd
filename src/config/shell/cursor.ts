/**
 * A place in the text of a configuration file. `peek` and `take` join continued
 * lines as the shell does; `peekRaw` and `takeRaw` do not, for single quotes,
 * comments and the character behind a backslash.
 */
export class Cursor {
  readonly text: string;
  position = 0;
  /** Line of `position`, counted from 1. */
  line = 1;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character, or '' at the end, after any backslash-newline. */
  peek(): string {
    while (this.text.startsWith('\\\n', this.position)) {
      this.position += 2;
      this.line += 1;
    }
    return this.peekRaw();
  }

  take(): string {
    this.peek();
    return this.takeRaw();
  }

  peekRaw(): string {
    return this.text.charAt(this.position);
  }

  takeRaw(): string {
    const character = this.peekRaw();
    if (character === '\n') this.line += 1;
    this.position += character.length;
    return character;
  }

  /** Moves to the newline that ends the present line, or to the end of the text. */
  skipLine(): void {
    const end = this.text.indexOf('\n', this.position);
    this.position = end === -1 ? this.text.length : end;
  }

  /** Moves back to a place seen before. */
  rewind(position: number, line: number): void {
    this.position = position;
    this.line = line;
  }
}
