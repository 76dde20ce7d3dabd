import { clip } from '../bounds.ts';
import type { Problem } from '../problem.ts';
import { asAssignment, bareText } from './assignment.ts';
import type { Part, Word } from './syntax.ts';

const controlFlow = new Set(
  'if then else elif fi for while until do done case esac select function time coproc in { } ! [[ ]] [ test'.split(
    ' ',
  ),
);

const declarations = new Set(['declare', 'typeset', 'local', 'readonly', 'let']);

/**
 * Why the word at `index` of a command keeps it from being a list of assignments;
 * undefined when it fits.
 */
export function explainWord(
  words: readonly Word[],
  index: number,
  isExport: boolean,
): Problem | undefined {
  const word = words[index];
  if (word === undefined) return undefined;
  const previous = words[index - 1];
  const name = previous === undefined ? undefined : emptyAssignmentName(previous);
  const assignment = asAssignment(word);
  if (assignment !== undefined) {
    // `export A={a,b}` is the one place where an assigned value has its braces expanded.
    if (!isExport || !hasBareBrace(word.parts)) return undefined;
    return {
      line: word.line,
      message: 'export expands braces, which is not done here.',
      hint: 'Put the value in "double quotes", or leave export away.',
    };
  }
  const text = sourceOf(word.parts);
  if (name !== undefined) {
    return {
      line: word.line,
      message: `There is a blank behind ${name}=, so that the shell would take ${text} for a command.`,
      hint: `Write it without blanks: ${name}=${text}`,
    };
  }
  if (isExport) return explainExported(words, index, text);
  if (index > 0 && previous !== undefined) return explainSecondWord(previous, word, text);
  return explainFirstWord(words, word, text);
}

function explainExported(words: readonly Word[], index: number, text: string): Problem | undefined {
  const word = words[index];
  const previous = words[index - 1];
  if (word === undefined || previous === undefined) return undefined;
  const name = bareText(word);
  if (name !== undefined && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  if (text.startsWith('=')) return spacesAroundEquals(word.line, bareText(previous) ?? 'KEY');
  if (index > 1 && asAssignment(previous) !== undefined) {
    return explainSecondWord(previous, word, text);
  }
  return {
    line: word.line,
    message: `export ${text} is not read here: only export NAME=value and export NAME are.`,
    hint: 'Write export NAME="value", with the quotes behind the =.',
  };
}

function explainSecondWord(previous: Word, word: Word, text: string): Problem {
  const assignment = asAssignment(previous);
  const value = assignment === undefined ? '' : sourceOf(assignment.value);
  return {
    line: word.line,
    message: `There is an unquoted blank before ${text}, so that the shell would take ${text} for a command.`,
    hint: `If it belongs to the value, quote it: ${assignment?.name ?? 'KEY'}="${value} ${text}". A comment starts with #.`,
  };
}

function explainFirstWord(words: readonly Word[], word: Word, text: string): Problem {
  const { line } = word;
  const second = words[1] === undefined ? '' : sourceOf(words[1].parts);
  if (second.startsWith('=') || second.startsWith('+=')) return spacesAroundEquals(line, text);
  if (controlFlow.has(text)) {
    return {
      line,
      message: `${text} belongs to a program's flow of control; this file takes assignments only.`,
      hint: 'Keep lines of the form KEY=value, and choose by commenting lines out with #.',
    };
  }
  if (declarations.has(text)) {
    return {
      line,
      message: `${text} is not read here; this file takes assignments only.`,
      hint: `Leave ${text} away: KEY=value`,
    };
  }
  if (text === 'export') {
    return {
      line,
      message: 'export stands without a variable.',
      hint: 'Write export NAME=value, or delete the line.',
    };
  }
  const name = /^([^=]*)=/.exec(text)?.[1];
  if (name !== undefined) {
    return name === ''
      ? { line, message: 'There is no name before the =.', hint: 'Write KEY=value.' }
      : {
          line,
          message: `${name} is not the name of a shell variable: it takes letters, digits and _, no digit first${name.includes('[') ? '; arrays are not read here' : ''}.`,
          hint: 'Write KEY=value with such a name, or comment the line out with #.',
        };
  }
  return {
    line,
    message: `${text} is a command; nothing in this file is executed.`,
    hint: 'Keep lines of the form KEY=value; a comment starts with #.',
  };
}

function spacesAroundEquals(line: number, name: string): Problem {
  return {
    line,
    message: `There are blanks around the = of ${name}; the shell would take ${name} for a command.`,
    hint: `Write it without blanks: ${name}=value`,
  };
}

function emptyAssignmentName(word: Word): string | undefined {
  const assignment = asAssignment(word);
  const [only, second] = assignment?.value ?? [];
  return only?.kind === 'text' && only.text === '' && second === undefined
    ? assignment?.name
    : undefined;
}

function hasBareBrace(parts: readonly Part[]): boolean {
  return parts.some(
    (part) => part.kind === 'text' && part.quoting === 'bare' && part.text.includes('{'),
  );
}

/** Roughly what was written, for a message. */
function sourceOf(parts: readonly Part[]): string {
  const text = parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      return part.kind === 'home' ? '~' : `$${part.name}`;
    })
    .join('');
  return clip(text);
}
