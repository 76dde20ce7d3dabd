/** True for what ends an unquoted word: blanks, newline, operators, the end ('' ) of the text. */
export function isWordEnd(character: string): boolean {
  return character === '' || ' \t\n;|&<>()'.includes(character);
}

/** Why an operator is refused, and what to write instead. */
export function describeOperator(operator: string): { message: string; hint: string } {
  const quoting = `If ${operator} belongs to the value, put the value in "double quotes".`;
  switch (operator) {
    case '|':
      return { message: '| joins commands; this file takes assignments only.', hint: quoting };
    case '&':
      return {
        message: '& and && join commands; this file takes assignments only.',
        hint: `Put each assignment on a line of its own. ${quoting}`,
      };
    case '<':
    case '>':
      return {
        message: `${operator} redirects a command; this file takes assignments only.`,
        hint: quoting,
      };
    case '(':
    case ')':
      return {
        message: `${operator} makes an array, a function or a group of commands; this file takes assignments only.`,
        hint: quoting,
      };
    default:
      return {
        message: 'There is a ; without an assignment before it.',
        hint: 'Delete it: one assignment a line needs none.',
      };
  }
}
